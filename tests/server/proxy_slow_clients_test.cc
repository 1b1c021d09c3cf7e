#include <string>
#include <thread>

#include "base/spill_space.h"
#include "tests/server/proxy_fixture.h"
#include "tests/support/memory_spill_file.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

/// A disk that outlives the proxy.
struct Disk {
  static BufferLimits limits() {
    BufferLimits limits;
    limits.memory_each = 32 * 1024;
    return limits;
  }
  BufferBudget budget{limits()};
  std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
  SpillSpace space{budget, [this] { return disk->open(); }};
};

struct SpillingProxy : Disk, Proxy {
  SpillingProxy() : Proxy(64 * 1024 * 1024, &space) {}
  ~SpillingProxy() {
    client->leave();
    CHECK(until([this] { return tasks.running() == 0 && budget.disk_used() == 0 && budget.counters().files == 0; }));
  }

  /// Lets the disk's threads and the loop run until `done`.
  bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    do {
      settle();
      if (done()) return true;
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }
  /// An answer of 2 MB to a client that reads nothing yet.
  void answers_too_much(bool whole_answer = true) {
    asks();
    client->stop_reading();
    for (int i = 0; i < 200; ++i) {
      const std::string content(10'000, static_cast<char>('a' + i % 26));
      answers(content, {}, whole_answer && i == 199);
      whole += content;
    }
  }
  std::string whole;  // What it is.
};

}  // namespace

TEST_CASE_METHOD(SmallProxy, "with the policy cancel a client too slow for its helper still gets what waits for it") {
  common.settings.over_limit = OverLimit::cancel;
  asks();
  client->stop_reading();
  answers(std::string(60'000, 'x'), {}, false);
  answers(std::string(60'000, 'x'), {}, false);
  CHECK(cancels() == 1);
  CHECK_FALSE(client->aborted());
  client->read_again();
  settle();
  CHECK(client->body().size() == 60'000);
  CHECK(client->aborted());
  CHECK_FALSE(client->finished());
  CHECK(counters.cut == 1);
}

TEST_CASE_METHOD(Proxy, "a helper that is told to stop is no error of its open answers") {
  asks();
  SECTION("before they begin") {
    session->close();
    settle();
    CHECK(client->status() == 503);
    CHECK(client->finished());
  }
  SECTION("during them") {
    answers("half", {}, false);
    advance(10ms);
    session->close();
    settle();
    CHECK(client->aborted());
    CHECK_FALSE(client->finished());
  }
  CHECK(said.empty());
}

TEST_CASE_METHOD(Proxy, "no helper sets a cookie that stands for a login, however it writes it; it is told once") {
  for (int i = 1; i <= 2; ++i) {
    asks();
    answers("text", 200, true,
            {{"Set-Cookie", "KISMET=0123; Path=/"},
             {"set-cookie", " \tkismet\t =x"},
             {"Set-Cookie", "=KISMET=x"},
             {"Set-Cookie", "KISMET; a=b"},
             {"Set-Cookie", "KISMETS=mine"},
             {"Set-Cookie", "theme=KISMET=x"}});
    std::vector<std::string> cookies;
    for (const auto& [name, value] : client->head().headers) {
      if (name == "Set-Cookie") cookies.push_back(value);
    }
    CHECK(cookies == std::vector<std::string>{"KISMETS=mine", "theme=KISMET=x"});
    CHECK(counters.bad_cookies == 4U * static_cast<unsigned>(i));
    CHECK(said.size() == 1);
  }
}

TEST_CASE_METHOD(SpillingProxy, "what waits for a slow client on disk arrives whole") {
  disk->cached = GENERATE(true, false);
  answers_too_much();
  CHECK(until([this] { return budget.counters().spilled_bytes > 1'000'000; }));
  CHECK(budget.sending().used() < 200'000);
  CHECK(client->body().empty());
  client->read_again();
  CHECK(until([this] { return client->finished(); }));
  CHECK(client->body() == whole);
  CHECK(counters.complete == 1);
  CHECK(said.empty());
}

TEST_CASE_METHOD(SpillingProxy, "a disk that is full cuts the answer off, though its helper was done with it") {
  disk->good_writes = 2;
  answers_too_much();
  CHECK(until([this] { return client->aborted(); }));
  CHECK_FALSE(client->finished());
  CHECK(counters.cut == 1);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("temporary file failed: No space left on device") != std::string::npos);
}

TEST_CASE_METHOD(SpillingProxy, "a disk that cannot be read cuts the answer off, whatever the policy") {
  common.settings.over_limit = GENERATE(OverLimit::drop_connection, OverLimit::cancel);
  disk->cached = GENERATE(true, false);
  answers_too_much(false);
  CHECK(until([this] { return budget.counters().spilled_bytes > 1'000'000; }));
  disk->good_reads = 3;
  client->read_again();
  CHECK(until([this] { return client->aborted(); }));
  CHECK_FALSE(client->finished());
  CHECK(client->body() == whole.substr(0, client->body().size()));
  CHECK(until([this] { return cancels() == 1; }));
  CHECK(counters.cut == 1);
  CHECK(said.size() == 1);
}

TEST_CASE_METHOD(SpillingProxy, "a client that leaves takes what waits for it on disk along") {
  answers_too_much();
  CHECK(until([this] { return budget.disk_used() > 0; }));
  client->leave();
  CHECK(until([this] { return budget.disk_used() == 0 && budget.sending().used() == 0; }));
  CHECK(counters.cancelled == 1);
}
