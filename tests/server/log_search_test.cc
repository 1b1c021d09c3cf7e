#include "server/log_search.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "server/log_search_endpoint.h"
#include "server/log_writer.h"
#include "temp_folder.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

/// Two logs, of two starts of the daemon.
struct Logs {
  Logs() {
    write("a.kismet", 1000, {"one", "two 100%", "THREE"});
    write("b.kismet", 2000, {"four", "five_5", "two again"});
    client.add(log_search_routes([this] { return files; }, worker, clock));
  }

  void write(const std::string& name, int start, const std::vector<std::string>& texts) {
    files.push_back(folder / name);
    LogWriter writer([&] { return std::optional(files.back()); }, "");
    std::vector<LogEntry> batch;
    for (const std::string& text : texts) {
      const WallTime time(std::chrono::seconds(start++));
      batch.push_back(Message{start % 2 == 0 ? Severity::error : Severity::info, text,
                              text.starts_with("t") ? "t" : "other", time, 1, 2});
    }
    REQUIRE(writer.write(batch).empty());
  }
  static std::vector<std::string> texts(const Json& answer) {
    std::vector<std::string> all;
    for (const Json& message : answer["kismet.messagebus.list"])
      all.push_back(message["kismet.messagebus.message_string"]);
    return all;
  }
  std::vector<std::string> found(const std::string& query) {
    return texts(client.get_json("/messagebus/search.json?" + query));
  }

  testing::TempFolder folder;
  std::vector<std::string> files;
  ManualClock clock;
  Loop loop{clock};
  Worker worker{"search"};
  testing::EndpointClient client{loop};
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a search finds messages in all logs, newest first") {
  Logs logs;
  CHECK(logs.found("") == Texts{"two again", "five_5", "four", "THREE", "two 100%", "one"});
}

TEST_CASE("a search may ask for text, helper, severity and times, alone or together") {
  Logs logs;
  CHECK(logs.found("text=two") == Texts{"two again", "two 100%"});
  CHECK(logs.found("text=three") == Texts{"THREE"});
  CHECK(logs.found("text=100%25") == Texts{"two 100%"});
  CHECK(logs.found("text=_5") == Texts{"five_5"});
  CHECK(logs.found("text=%25") == Texts{"two 100%"});
  CHECK(logs.found("helper=t") == Texts{"two again", "two 100%"});
  CHECK(logs.found("helper=nobody").empty());
  CHECK(logs.found("severity=error") == Texts{"five_5", "two 100%"});
  CHECK(logs.found("from=2001") == Texts{"two again", "five_5"});
  CHECK(logs.found("to=1001") == Texts{"two 100%", "one"});
  CHECK(logs.found("from=1001&to=2000") == Texts{"four", "THREE", "two 100%"});
  CHECK(logs.found("text=two&helper=t&severity=error") == Texts{"two 100%"});
}

TEST_CASE("times before now may be asked for") {
  Logs logs;
  logs.clock.set_wall(WallTime(std::chrono::seconds(2010)));
  CHECK(logs.found("from=-9") == Texts{"two again", "five_5"});
}

TEST_CASE("a search goes on behind its cursor, across logs, without gap or double") {
  Logs logs;
  Texts all;
  std::string cursor;
  int answers = 0;
  do {
    const Json answer = logs.client.get_json("/messagebus/search.json?limit=2&cursor=" + cursor);
    for (const std::string& text : Logs::texts(answer)) all.push_back(text);
    cursor = answer["kismet.messagebus.cursor"];
    ++answers;
  } while (!cursor.empty() && answers < 10);
  CHECK(all == Texts{"two again", "five_5", "four", "THREE", "two 100%", "one"});
  CHECK(answers <= 4);
}

TEST_CASE("what is found has the keys of messages, and more") {
  Logs logs;
  const Json answer = logs.client.get_json("/messagebus/search.json?limit=1");
  CHECK(answer["kismet.messagebus.list"][0] == Json{{"kismet.messagebus.message_string", "two again"},
                                                    {"kismet.messagebus.message_flags", 2},
                                                    {"kismet.messagebus.message_time", 2002},
                                                    {"kismet.messagebus.message_time_usec", 0},
                                                    {"kismet.messagebus.message_source", "t"},
                                                    {"kismet.messagebus.message_repeats", 2}});
}

TEST_CASE("a query may come as JSON") {
  Logs logs;
  const std::string body =
      logs.client.post("/messagebus/search.json", R"({"text": "two", "limit": 1})", "application/json").body();
  CHECK(Logs::texts(Json::parse(body)) == Texts{"two again"});
}

TEST_CASE("a query that is none is refused with a reason") {
  Logs logs;
  const std::string query = GENERATE(as<std::string>(), "severity=loud", "from=yesterday", "to=x", "limit=0",
                                     "limit=many", "cursor=7", "cursor=7:c.kismet", "cursor=x:a.kismet",
                                     "cursor=-1:a.kismet", "cursor=7:../a.kismet", "text=" + std::string(1025, 'x'));
  CAPTURE(query);
  CHECK(logs.client.get("/messagebus/search.json?" + query).status() == 400);
}

TEST_CASE("files that are no logs are passed over, and logs of others are read as far as they go") {
  Logs logs;
  logs.files.insert(logs.files.begin(), logs.folder / "missing");
  Sqlite other;
  REQUIRE_FALSE(other.open(logs.folder / "other.kismet", Sqlite::Mode::create));
  REQUIRE_FALSE(
      other.exec("CREATE TABLE messages (ts_sec INT, lat REAL, lon REAL, msgtype TEXT, message TEXT);"
                 "INSERT INTO messages VALUES (3000, 0, 0, 'INFO', 'of another daemon')"));
  other.close();
  logs.files.push_back(logs.folder / "other.kismet");
  CHECK(logs.found("limit=1") == Texts{"of another daemon"});
  CHECK(logs.found("helper=t&limit=1") == Texts{"two again"});
}

TEST_CASE("messages are for the role readonly") {
  Logs logs;
  CHECK(logs.client.role("GET", "/messagebus/search.json") == "readonly");
  CHECK(logs.client.role("POST", "/messagebus/search.json") == "readonly");
}
