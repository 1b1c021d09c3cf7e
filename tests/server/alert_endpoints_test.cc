#include "server/alert_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "eventbus/event_bus.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Alerts {
  Alerts() { client.add(alert_routes(messages, clock)); }
  unsigned raise(const std::string& json, const std::string& path = "/alerts/raise_alert.cmd") {
    return client.post(path, json, "application/json").status();
  }

  ManualClock clock;
  EventBus events{clock};
  MessageBus messages{clock, events};
  Loop loop{clock};
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("an alert that is raised is a message of that severity, from the alert's name; both spellings do") {
  Alerts alerts;
  CHECK(alerts.raise(R"({"name":"DOORBELL","text":"somebody rings","bssid":"00:00:00:00:00:00"})") == 200);
  CHECK(alerts.raise(R"({"name":"DOORBELL","text":"again"})", "/alerts/raise_alerts.cmd") == 200);
  const std::vector<Message> recent = alerts.messages.recent();
  REQUIRE(recent.size() == 2);
  CHECK(recent[0].severity == Severity::alert);
  CHECK(recent[0].source == "DOORBELL");
  CHECK(recent[0].text == "somebody rings");
  CHECK(alerts.client.role("POST", "/alerts/raise_alert.cmd") == "admin");
  CHECK(alerts.client.role("GET", "/alerts/raise_alert.cmd").empty());
}

TEST_CASE("an alert without a good name or a text is refused") {
  Alerts alerts;
  for (const char* json : {"{}", R"({"name":"A"})", R"({"text":"x"})", R"({"name":"","text":"x"})",
                           R"({"name":"a b","text":"x"})", R"({"name":1,"text":"x"})", R"({"name":"A","text":""})"}) {
    CHECK(alerts.raise(json) == 400);
  }
  CHECK(alerts.raise(R"({"name":")" + std::string(65, 'a') + R"(","text":"x"})") == 400);
  CHECK(alerts.messages.recent().empty());
}

TEST_CASE("the alerts among the messages are listed, all or those after a moment, with or without the moment") {
  Alerts alerts;
  CHECK(alerts.client.get("/alerts/all_alerts.json").body() == "[]");
  CHECK(alerts.client.get("/alerts/last-time/0/alerts.itjson").body().empty());
  const Json empty = alerts.client.get_json("/alerts/wrapped/last-time/0/alerts.json");
  CHECK(empty["kismet.alert.list"] == Json::array());
  CHECK(empty["kismet.alert.timestamp"].is_number());
  alerts.messages.info("no alert");
  alerts.raise(R"({"name":"A","text":"one"})");
  const Json all = alerts.client.get_json("/alerts/all_alerts.json");
  REQUIRE(all.size() == 1);
  CHECK(all[0]["kismet.alert.header"] == "A");
  CHECK(all[0]["kismet.alert.text"] == "one");
  CHECK(alerts.client.get_json("/alerts/last-time/0.0/alerts.json").size() == 1);
  const Json list = alerts.client.get_json("/alerts/wrapped/last-time/0/alerts.json");
  CHECK(list["kismet.alert.list"].size() == 1);
  const std::string later = std::to_string(list["kismet.alert.timestamp"].get<double>() + 1);
  CHECK(alerts.client.get_json("/alerts/last-time/" + later + "/alerts.json").empty());
  CHECK(alerts.client.get("/alerts/last-time/x/alerts.json").status() == 400);
}
