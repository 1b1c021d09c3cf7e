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
  std::shared_ptr<ParkedHandler> parked = std::make_shared<ParkedHandler>(loops, routers);
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

TEST_CASE("a reload of one helper says what came of it") {
  Site site;
  site.helpers.add("demo");
  CHECK(site.client.post("/helpers/demo/reload.cmd", "").status() == 200);
  CHECK(site.helpers.reloads == std::vector<std::string>{"demo"});
  CHECK(site.client.post("/helpers/ghost/reload.cmd", "").status() == 404);
  site.helpers.refusal = "its next process does not speak";
  CHECK(site.client.post("/helpers/demo/reload.cmd", "").status() == 502);
  CHECK(site.last_message().find("its next process does not speak") != std::string::npos);
  site.helpers.tried = false;
  CHECK(site.client.post("/helpers/demo/reload.cmd", "").status() == 409);
  CHECK(site.client.role("POST", "/helpers/demo/reload.cmd") == "admin");
}

TEST_CASE("a helper's page tells how its process is replaced") {
  Site site;
  HelperSwapView& swap = site.helpers.add("demo").swap;
  CHECK(site.one("demo")["kismet.helper.swap"]["state"] == "none");
  swap.state = HelperSwapView::State::starting;
  swap.draining = 2;
  swap.failed = 1;
  swap.last_trouble = "why";
  const Json json = site.one("demo")["kismet.helper.swap"];
  CHECK(json["state"] == "starting");
  CHECK(json["draining"] == 2);
  CHECK(json["last_trouble"] == "why");
}

TEST_CASE("a report has the last frames, without what was in them") {
  Site site;
  HelperReport report;
  report.ended = site.clock.now();
  report.frames = {{FrameNote::Direction::out, 0, 7, 100, report.ended - std::chrono::milliseconds(1500)},
                   {FrameNote::Direction::in, FrameNote::kUnreadable, 8, 50, report.ended}};
  site.helpers.add("demo").snapshot.last_report = std::make_shared<const HelperReport>(report);
  const Json frames = site.one("demo")["kismet.helper.last_report"]["frames"];
  REQUIRE(frames.size() == 2);
  CHECK(frames[0]["before_end"] == 1.5);
  CHECK(frames[0]["direction"] == "out");
  CHECK(frames[0]["command"] == std::string(wire::command_name_at(0)));
  CHECK(frames[0]["seqno"] == 7);
  CHECK(frames[0]["size"] == 100);
  CHECK(frames[1]["command"] == "unreadable");
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
  const Json uris = site.one("demo")["kismet.helper.uris"];
  REQUIRE(uris.size() == 1);
  CHECK(uris[0]["uri"] == "/demo/x");
  CHECK(uris[0]["method"] == "GET");
  CHECK(uris[0]["parked"] == false);
}

TEST_CASE("each URI of a helper's page tells how often it was asked, and how fast it answers") {
  Site site;
  site.helpers.add("demo");
  REQUIRE(site.uris.add("demo", "any", "GET", "/demo/x", site.parked).empty());
  site.loops.first().context().poll();  // The routers change on it.
  const std::shared_ptr<RouteStats> stats = site.routers.local(site.loops.first()).all().front().stats;
  REQUIRE(stats);
  for (int i = 0; i < 3; ++i) stats->begin(site.loops.first());
  stats->end(site.loops.first(), {.failed = true, .timed = true, .time = std::chrono::milliseconds(20)});
  const auto uri = [&site] { return site.one("demo")["kismet.helper.uris"][0]; };
  CHECK(uri()["requests"] == 3);
  CHECK(uri()["open"] == 2);
  CHECK(uri()["errors"] == 1);
  CHECK(uri()["latency_ms"]["max"] == 20.0);
  CHECK(uri()["latency_ms"]["p50"].get<double>() == Approx(20).epsilon(0.25));

  REQUIRE(site.uris.add("demo", "any", "GET", "/demo/x", site.parked).empty());
  CHECK(uri()["requests"] == 3);
}

TEST_CASE("a helper's page shows its subscriptions, queues, history and open requests") {
  Site site;
  HelperView& helper = site.helpers.add("demo");
  helper.session.topics = {"TIMESTAMP"};
  helper.session.events_delivered = 5;
  helper.session.events_dropped = 2;
  helper.session.events_lag = 1;
  helper.session.frames_to_helper = 3;
  helper.session.bytes_to_helper = 300;
  helper.session.answer_bytes = 70;
  helper.snapshot.requests_total = 12;
  helper.history = {{site.clock.wall_now(), HelperState::ready, "is ready"}};
  helper.open_requests = {{wire::RequestId{4}, "GET", "/demo/x", "192.0.2.1", std::chrono::milliseconds(1500), 99}};
  const Json page = site.one("demo");
  const Json subscriptions = {{"topics", {"TIMESTAMP"}}, {"delivered", 5}, {"dropped", 2}, {"lag", 1}};
  CHECK(page["kismet.helper.subscriptions"] == subscriptions);
  const Json queues = {{"to_helper_frames", 3}, {"to_helper_bytes", 300}, {"answer_bytes", 70}};
  CHECK(page["kismet.helper.queues"] == queues);
  CHECK(page["kismet.helper.requests_total"] == 12);
  const Json history = {{{"time", 1'700'000'000.0}, {"state", "ready"}, {"text", "is ready"}}};
  CHECK(page["kismet.helper.history"] == history);
  const Json open = {{{"req_id", 4},
                      {"method", "GET"},
                      {"uri", "/demo/x"},
                      {"age", 1.5},
                      {"sent_bytes", 99},
                      {"client", "192.0.2.1"}}};
  CHECK(page["kismet.helper.open_requests"] == open);
  CHECK_FALSE(site.client.get_json("/helpers/all.json")[0].contains("kismet.helper.open_requests"));
}

TEST_CASE("an open request can be ended by its number, which is noted") {
  Site site;
  site.helpers.add("demo").open_requests = {{wire::RequestId{4}, "GET", "/demo/x", {}, {}, 0}};
  const auto post = [&site](const char* body) { return site.client.post("/helpers/demo/cancel.cmd", body).status(); };
  CHECK(post("json={\"req_id\":5}") == 404);
  CHECK(post("json={\"req_id\":-4}") == 400);
  CHECK(post("json={}") == 400);
  CHECK(post("json={\"req_id\":4}") == 200);
  CHECK(site.last_message() == "helper demo: request 4 ended by tester from 127.0.0.1");
  CHECK(site.helpers.helpers.front().open_requests.empty());
  CHECK(site.client.post("/helpers/ghost/cancel.cmd", "json={\"req_id\":4}").status() == 404);
  CHECK(site.client.role("POST", "/helpers/demo/cancel.cmd") == "admin");
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

TEST_CASE("a page that polls a helper's lines is given the new ones alone") {
  Site site;
  site.helpers.add("demo");
  site.helpers.forgotten = 10;
  site.helpers.lines["demo"] = {"eleventh", "twelfth"};
  const auto since = [&site](const std::string& seq) {
    return site.client.get_json("/helpers/demo/log.json?since=" + seq);
  };
  CHECK(since("0")["kismet.helper.log_seq"] == 12);
  CHECK(since("0")["kismet.helper.log"].size() == 2);
  CHECK(since("10")["kismet.helper.log"].size() == 2);
  CHECK(since("11")["kismet.helper.log"] == Json{"twelfth"});
  CHECK(since("12")["kismet.helper.log"].empty());
  CHECK(since("13")["kismet.helper.log"].size() == 2);
  CHECK(site.client.get("/helpers/demo/log.json?since=x").status() == 400);
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
