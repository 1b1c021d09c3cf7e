#include "server/helper_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "eventbus/event_bus.h"
#include "fake_helper_control.h"
#include "server/parked_handler.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Site {
  Site() { client.add(helper_control_routes({loops.first(), helpers, uris, messages, clock})); }

  Json one(const std::string& name) { return client.get_json("/helpers/" + name + ".json"); }
  std::string last_message() const {
    const std::vector<Message> all = messages.recent();
    return all.empty() ? "" : all.back().text;
  }

  ManualClock clock;
  EventBus events{clock};
  MessageBus messages{clock, events};
  Loops loops{clock, 1};
  Replicated<Router> routers{loops, [](Loop&) { return std::make_shared<Router>(); }};
  Router own;
  std::shared_ptr<Handler> parked = std::make_shared<ParkedHandler>();
  HelperRoutes uris{loops, routers, own, parked};
  testing::FakeHelperControl helpers;
  testing::EndpointClient client{loops.first()};
};

}  // namespace

TEST_CASE("all helpers are an array in the order of the configuration") {
  Site site;
  CHECK(site.client.get("/helpers/all.json").body() == "[]");
  site.helpers.add("second");
  site.helpers.add("first", HelperState::disabled);
  const Json all = site.client.get_json("/helpers/all.json");
  REQUIRE(all.size() == 2);
  CHECK(all[0]["kismet.helper.name"] == "second");
  CHECK(all[0]["kismet.helper.state"] == "ready");
  CHECK(all[1]["kismet.helper.state"] == "disabled");
}

TEST_CASE("a helper's page tells what runs") {
  Site site;
  HelperSnapshot& is = site.helpers.add("demo").snapshot;
  is.pid = 77;
  is.started_at = site.clock.wall_now();
  is.state_since = site.clock.wall_now();
  is.generation = "v2";
  is.round_trip = std::chrono::microseconds(1500);
  is.open_exchanges = 3;
  is.counters.cancels = 9;
  site.clock.advance(std::chrono::milliseconds(2500));
  const Json page = site.one("demo");
  CHECK(page["kismet.helper.pid"] == 77);
  CHECK(page["kismet.helper.uptime"] == 2.5);
  CHECK(page["kismet.helper.state_since"] == 1'700'000'000.0);
  CHECK(page["kismet.helper.generation"] == "v2");
  CHECK(page["kismet.helper.transport"] == "pipe");
  CHECK(page["kismet.helper.round_trip_us"] == 1500);
  CHECK(page["kismet.helper.open_exchanges"] == 3);
  CHECK(page["kismet.helper.counters"]["cancels"] == 9);
  CHECK(page["kismet.helper.last_report"].is_null());
}

TEST_CASE("a helper's page shows its own URIs alone") {
  Site site;
  site.helpers.add("demo");
  REQUIRE(site.uris.add("demo", "any", "GET", "/demo/x", site.parked).empty());
  REQUIRE(site.uris.add("other", "any", "GET", "/other/x", site.parked).empty());
  const Json expected = {{{"method", "GET"}, {"uri", "/demo/x"}, {"parked", false}}};
  CHECK(site.one("demo")["kismet.helper.uris"] == expected);
}

TEST_CASE("a helper's page shows the report on its last failure") {
  Site site;
  HelperReport report;
  report.time = site.clock.wall_now();
  report.pid = 5;
  report.summary = "ended with exit code 3";
  report.exit = "exit code 3";
  report.hint = "look there";
  report.output = {"one", "two"};
  report.use.peak_memory = 4096;
  HelperView& helper = site.helpers.add("demo", HelperState::failed);
  helper.snapshot.last_report = std::make_shared<const HelperReport>(report);
  Json page = site.one("demo")["kismet.helper.last_report"];
  CHECK(page["summary"] == "ended with exit code 3");
  CHECK(page["output"] == Json{"one", "two"});
  CHECK(page["hint"] == "look there");
  CHECK(page["resources"]["peak_memory"] == 4096);

  report.pid = 0;
  helper.snapshot.last_report = std::make_shared<const HelperReport>(report);
  page = site.one("demo")["kismet.helper.last_report"];
  CHECK(page["resources"].is_null());
}

TEST_CASE("a helper's page shows its definition, but no environment") {
  Site site;
  HelperDefinition& definition = site.helpers.add("demo").definition;
  definition.program = "kismet_demo";
  definition.args = {"--prefix", "/demo"};
  definition.env = {{"PASSWORD", "hunter2"}};
  definition.restart = RestartMode::on_failure;
  const std::string text = site.client.get("/helpers/demo.json").body();
  const Json page = Json::parse(text)["kismet.helper.definition"];
  CHECK(page["program"] == "kismet_demo");
  CHECK(page["args"] == Json{"--prefix", "/demo"});
  CHECK(page["restart"] == "on-failure");
  CHECK(page["wire"] == "auto");
  CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("names may have dots and odd characters: the extension is what comes after the last dot") {
  Site site;
  site.helpers.add("demo.py");
  site.helpers.add("odd name");
  CHECK(site.one("demo.py")["kismet.helper.name"] == "demo.py");
  CHECK(site.one("odd%20name")["kismet.helper.name"] == "odd name");
  CHECK(site.client.get("/helpers/demo.py").status() == 404);
  CHECK(site.client.get("/helpers/demo").status() == 404);
  CHECK(site.client.get("/helpers/.json").status() == 404);
  CHECK(site.client.get("/helpers/demo.py.").status() == 404);
}

TEST_CASE("an unknown helper is 404 with the reason, everywhere") {
  Site site;
  for (const char* path : {"/helpers/ghost.json", "/helpers/ghost/log.json"}) {
    const testing::FakeResponseWriter& answer = site.client.get(path);
    CHECK(answer.status() == 404);
    CHECK(answer.body().find("no helper ghost") != std::string::npos);
  }
  CHECK(site.client.post("/helpers/ghost/stop.cmd", "").status() == 404);
}

TEST_CASE("a command is done, answered with the state, and noted with who gave it") {
  Site site;
  site.helpers.add("demo");
  const Json answer = Json::parse(site.client.post("/helpers/demo/stop.cmd", "").body());
  CHECK(answer == Json{{"kismet.helper.name", "demo"}, {"kismet.helper.state", "stopping"}});
  CHECK(site.last_message() == "helper demo: stop asked for by tester from 127.0.0.1");
  site.client.post("/helpers/demo/start.cmd", "");
  site.client.post("/helpers/demo/restart.cmd", "json={}");
  REQUIRE(site.helpers.commands.size() == 3);
  CHECK(site.helpers.commands[1].second == HelperCommand::start);
  CHECK(site.helpers.commands[2].second == HelperCommand::restart);
}

TEST_CASE("a command that is refused says why, and is noted as well") {
  Site site;
  site.helpers.add("demo");
  site.helpers.refusal = "the daemon is stopping";
  const testing::FakeResponseWriter& answer = site.client.post("/helpers/demo/start.cmd", "");
  CHECK(answer.status() == 503);
  CHECK(site.last_message().find("start asked for by tester") != std::string::npos);
  CHECK(site.last_message().find("refused: the daemon is stopping") != std::string::npos);
}

TEST_CASE("a helper's last lines can be read") {
  Site site;
  site.helpers.add("demo");
  site.helpers.lines["demo"] = {"one", "tw\xFFo"};
  const Json page = site.client.get_json("/helpers/demo/log.json");
  CHECK(page["kismet.helper.log"] == Json{"one", "tw\uFFFDo"});
  CHECK(site.client.get("/helpers/demo/log.xml").status() == 404);
}

TEST_CASE("looking at helpers asks for the role readonly, commands for admin and POST") {
  Site site;
  for (const char* path : {"/helpers/all.json", "/helpers/demo.json", "/helpers/demo/log.json"}) {
    CHECK(site.client.role("GET", path) == "readonly");
    CHECK(site.client.role("POST", path) == "readonly");
  }
  for (const char* command : {"start", "stop", "restart"}) {
    const std::string path = "/helpers/demo/" + std::string(command) + ".cmd";
    CHECK(site.client.role("POST", path) == "admin");
    CHECK(site.client.role("GET", path).empty());
  }
}
