#include "server/message_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "eventbus/event_bus.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Site {
  Site() { client.add(message_routes(messages, clock)); }

  std::vector<std::string> texts(const Json& list) const {
    std::vector<std::string> all;
    for (const Json& message : list) all.push_back(message["kismet.messagebus.message_string"]);
    return all;
  }
  std::vector<std::string> since(const std::string& timestamp) {
    const Json answer = client.get_json("/messagebus/last-time/" + timestamp + "/messages.json");
    return texts(answer["kismet.messagebus.list"]);
  }

  ManualClock clock;
  EventBus events{clock};
  MessageBus messages{clock, events};
  Loop loop{clock};
  testing::EndpointClient client{loop};
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("all recent messages are an array, oldest first") {
  Site site;
  CHECK(site.client.get("/messagebus/all_messages.json").body() == "[]");
  site.messages.info("one");
  site.messages.post(Severity::error, "helper", "two");
  const testing::FakeResponseWriter& answer = site.client.get("/messagebus/all_messages.json");
  CHECK(answer.status() == 200);
  CHECK(answer.content_type() == "application/json");
  CHECK(site.texts(Json::parse(answer.body())) == Texts{"one", "two"});
  CHECK(site.client.get("/messagebus/all_messages.itjson").body().find("}\n{") != std::string::npos);
  CHECK(site.client.get("/messagebus/all_messages.ekjson").body().find("kismet_messagebus_message_flags\":4") !=
        std::string::npos);
}

TEST_CASE("messages after a moment are strictly newer, and the answer says when to go on from") {
  Site site;
  site.messages.info("old");
  site.clock.advance(std::chrono::seconds(10));
  site.messages.info("new");
  CHECK(site.since("0") == Texts{"old", "new"});
  CHECK(site.since("0.0") == Texts{"old", "new"});
  CHECK(site.since("1700000000") == Texts{"new"});
  CHECK(site.since("1700000009.99") == Texts{"new"});
  CHECK(site.since("1700000010").empty());
  CHECK(site.since("-5") == Texts{"new"});
  CHECK(site.since("-60") == Texts{"old", "new"});
  const Json answer = site.client.get_json("/messagebus/last-time/0/messages.json");
  CHECK(answer["kismet.messagebus.timestamp"] == 1'700'000'010);
}

TEST_CASE("a client that goes on from the answer's timestamp misses nothing and sees nothing twice") {
  Site site;
  Texts seen;
  std::string from = "0";
  for (int i = 0; i < 20; ++i) {
    site.messages.info(std::to_string(i));
    if (i % 2 == 0) site.clock.advance(std::chrono::nanoseconds(130'000'777));
    const Json answer = site.client.get_json("/messagebus/last-time/" + from + "/messages.json");
    for (const std::string& text : site.texts(answer["kismet.messagebus.list"])) seen.push_back(text);
    site.clock.advance(std::chrono::microseconds(1));
    from = answer["kismet.messagebus.timestamp"].dump();
  }
  REQUIRE(seen.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(seen[i] == std::to_string(i));
}

TEST_CASE("a timestamp or an extension that is none is an error with a reason") {
  Site site;
  CHECK(site.client.get("/messagebus/last-time/yesterday/messages.json").status() == 400);
  CHECK(site.client.get("/messagebus/all_messages.xml").status() == 404);
  CHECK(site.client.post("/messagebus/all_messages.json", "json=nonsense").status() == 400);
  CHECK(site.client.post("/messagebus/all_messages.json", R"({"fields": 7})").status() == 400);
}

TEST_CASE("fields simplify messages, as a form or as JSON") {
  Site site;
  site.messages.info("one");
  const std::string wanted = R"({"fields":[["kismet.messagebus.message_string","text"]]})";
  CHECK(site.client.post("/messagebus/all_messages.json", "json=" + wanted).body() == R"([{"text":"one"}])");
  CHECK(site.client.post("/messagebus/all_messages.json", wanted, "application/json").body() == R"([{"text":"one"}])");
}

TEST_CASE("messages ask for the role readonly") {
  Site site;
  for (const char* method : {"GET", "POST"}) {
    CHECK(site.client.role(method, "/messagebus/all_messages.json") == "readonly");
    CHECK(site.client.role(method, "/messagebus/last-time/0/messages.json") == "readonly");
  }
}
