#include "httpd/access_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <regex>

#include "httpd/access_log_line.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

Request request_of(const std::string& method, const std::string& target) {
  Request request;
  request.method = method;
  request.target = target;
  request.client_address = "192.0.2.7";
  return request;
}

RequestRecord record_of(unsigned status) {
  RequestRecord record;
  record.status = status;
  record.body_bytes = 512;
  record.complete = true;
  record.time = 1034us;
  record.time_to_head = 812us;
  record.owner = "demo";
  return record;
}

const WallTime kEnd{std::chrono::seconds(1'795'571'400)};

/// What the log says of its troubles, on whatever thread.
class Troubles {
 public:
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    all_.push_back(text);
    changed_.notify_all();
  }
  bool wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] {
      return std::any_of(all_.begin(), all_.end(), [&](const auto& t) { return t.find(part) != std::string::npos; });
    });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

struct Log {
  explicit Log(std::string path, std::size_t queue = 1 << 20) : settings{std::move(path), queue} {
    log = std::make_unique<AccessLog>(settings, [this](const std::string& text) { troubles.add(text); });
  }
  Troubles troubles;
  AccessLogSettings settings;
  std::unique_ptr<AccessLog> log;
};

}  // namespace

TEST_CASE("a line is the combined format, then helper, seconds to head and end, and how it ended") {
  Request request = request_of("GET", "/demo/index.html?a=b");
  request.principal.name = "tester";
  request.headers.add("Referer", "http://localhost/");
  request.headers.add("User-Agent", "curl/7.88.1");
  const std::string line = access_log_line(request, record_of(200), kEnd);
  const std::string wanted =
      R"re(192\.0\.2\.7 - tester \[\d\d/Nov/2026:\d\d:\d\d:\d\d \+0000\] "GET /demo/index\.html\?a=b HTTP/1\.1" )re"
      R"re(200 512 "http://localhost/" "curl/7\.88\.1" demo 0\.000812 0\.001034 done\n)re";
  CHECK(std::regex_match(line, std::regex(wanted)));
}

TEST_CASE("what is not known is a dash, and an answer that was cut off says so") {
  Request request = request_of("", "");
  RequestRecord record;
  record.time_to_head = -1s;
  const std::string line = access_log_line(request, record, kEnd);
  CHECK(line.starts_with("192.0.2.7 - - ["));
  CHECK(line.find("] \"-\" 0 0 \"-\" \"-\" - - 0.000000 cut\n") != std::string::npos);
}

TEST_CASE("credentials in a query are put out of sight, however they are written") {
  CHECK(without_credentials("/a?KISMET=SECRET&b=1") == "/a?KISMET=***&b=1");
  CHECK(without_credentials("/a?user=me&password=SECRET") == "/a?user=***&password=***");
  CHECK(without_credentials("/a?x=1&%4bISMET=SECRET") == "/a?x=1&%4bISMET=***");
  CHECK(without_credentials("/a?pass%77ord=SECRET=SECRET") == "/a?pass%77ord=***");
  CHECK(without_credentials("/a?KISMET") == "/a?KISMET");
  CHECK(without_credentials("/KISMET=1/x") == "/KISMET=1/x");
  CHECK(without_credentials("/a?") == "/a?");
  Request request = request_of("GET", "/a?KISMET=SECRET");
  request.headers.add("Referer", "http://localhost/b?password=SECRET");
  CHECK(access_log_line(request, record_of(200), kEnd).find("SECRET") == std::string::npos);
}

TEST_CASE("nothing that a client sends begins a line or ends a field") {
  Request request = request_of("GET", "/a\" 200 1 \"b\\\x1b[2J\r\nfake");
  request.principal.name = "a b\n\"c";
  request.headers.add("User-Agent", "x\" \"y\n10.0.0.1 - - \xff\x7f");
  const std::string line = access_log_line(request, record_of(200), kEnd);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(std::count(line.begin(), line.end(), '"') == 6);
  CHECK(line.find("a\\x20b\\x0A\\x22c ") != std::string::npos);
  CHECK(line.find("/a\\x22 200 1 \\x22b\\x5C\\x1B[2J\\x0D\\x0Afake") != std::string::npos);
  CHECK(line.find("\\xFF\\x7F") != std::string::npos);
}

TEST_CASE("lines are in the file when the log has ended, in their order") {
  TemporaryFolder folder;
  Log log(folder.file("access.log"));
  REQUIRE(log.log->open().empty());
  std::string wanted;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    log.log->add(line);
    wanted += line;
  }
  log.log.reset();
  CHECK(folder.read("access.log") == wanted);
  struct stat about {};
  REQUIRE(::stat(folder.file("access.log").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777 & 0027) == 0);
}

TEST_CASE("after the file was moved away, reopening begins another") {
  TemporaryFolder folder;
  Log log(folder.file("access.log"));
  REQUIRE(log.log->open().empty());
  log.log->add("old\n");
  std::filesystem::rename(folder.file("access.log"), folder.file("access.log.1"));
  log.log->add("still old\n");
  log.log->reopen();
  log.log->add("new\n");
  log.log.reset();
  CHECK(folder.read("access.log.1") == "old\nstill old\n");
  CHECK(folder.read("access.log") == "new\n");
}

TEST_CASE("a file that cannot be opened is told with its reason, and on reopening the old one goes on") {
  TemporaryFolder folder;
  Log none(folder.file("missing/access.log"));
  CHECK(none.log->open() ==
        "cannot write the access log " + folder.file("missing/access.log") + ": No such file or directory");
  folder.write("logs/x", "");
  Log log(folder.file("logs/access.log"));
  REQUIRE(log.log->open().empty());
  std::filesystem::rename(folder.file("logs"), folder.file("away"));
  log.log->reopen();
  log.log->add("on\n");
  CHECK(log.troubles.wait_for("the old one goes on"));
  log.log.reset();
  CHECK(folder.read("away/access.log") == "on\n");
}

TEST_CASE("a full disk costs lines, which are counted and told once") {
  Log log("/dev/full");
  REQUIRE(log.log->open().empty());
  log.log->add("one\n");
  CHECK(log.troubles.wait_for("loses lines: No space left on device"));
  log.log->add("two\nthree\n");
  log.log.reset();
  CHECK(log.troubles.count() == 1);
}

TEST_CASE("a disk that writes again is told, with what was lost") {
  TemporaryFolder folder;
  const std::string path = folder.file("log");
  REQUIRE(::symlink("/dev/full", path.c_str()) == 0);
  Log log(path);
  REQUIRE(log.log->open().empty());
  log.log->add("one\ntwo\n");  // At once: both are lost before the file is another.
  CHECK(log.troubles.wait_for("loses lines"));
  std::filesystem::remove(path);
  log.log->reopen();
  log.log->add("three\n");
  CHECK(log.troubles.wait_for("is written again; 2 lines were lost"));
  CHECK(log.log->lost() == 2);
  log.log.reset();
  CHECK(folder.read("log") == "three\n");
}

TEST_CASE("lines that do not fit into the queue are lost and counted") {
  TemporaryFolder folder;
  Log log(folder.file("log"), 100);
  REQUIRE(log.log->open().empty());
  log.log->add(std::string(101, 'x') + "\n");
  CHECK(log.log->lost() == 1);
  log.log->add("fits\n");
  log.log.reset();
  CHECK(folder.read("log") == "fits\n");
}
