#include "server/event_feed_ws.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/event_routes.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/websocket_client.h"

using namespace kismet;
using namespace kismet::test;
using Json = nlohmann::json;

namespace {

struct Site {
  explicit Site(const FeedSettings& settings = {}, std::size_t loops = 1) : server({}, loops) {
    for (const Route& route : event_routes(events, registry, settings)) {
      Route open = route;
      open.role = RouteRole::kNone;
      server.route(open);
    }
  }
  Clock clock;
  EventBus events{clock};
  FeedRegistry registry;
  ServerFixture server;
};

struct Browser : WebSocketClient {
  explicit Browser(Site& site) : WebSocketClient(site.server.port(), "/eventbus/events.ws") {
    REQUIRE(open().status == 101);
  }
  Browser(Site& site, const std::string& topic) : Browser(site) { ask(Json{{"SUBSCRIBE", topic}}.dump()); }

  /// Sends a request and waits until it is done: requests are done in order, and only a bad one is answered.
  void ask(const std::string& request) {
    send_text(request);
    send_text("and then?");
    REQUIRE(Json::parse(text()).contains("kismet.eventbus.error"));
  }
  std::string text() {
    const ReceivedFrame frame = receive();
    return frame.opcode == 1 ? frame.payload : "opcode " + std::to_string(frame.opcode);
  }
};

}  // namespace

TEST_CASE("a websocket client is sent the content of what it subscribed to, and nothing else") {
  Site site;
  Browser listener(site, "TIMESTAMP");
  site.events.publish("OTHER", "{}");
  site.events.publish("TIMESTAMP", R"({"kismet.system.timestamp.sec":1})");
  CHECK(listener.text() == R"({"TIMESTAMP":{"kismet.system.timestamp.sec":1}})");
}

TEST_CASE("what helpers publish comes as a string under kismet.eventbus.event_json") {
  Site site;
  Browser listener(site, "MINE");
  site.events.publish_text("MINE", R"({"a": 1})");
  CHECK(listener.text() == R"({"kismet.eventbus.event_json":"{\"a\": 1}"})");
}

TEST_CASE("a client may unsubscribe, and do both at once") {
  Site site;
  Browser listener(site, "A");
  listener.ask(R"({"UNSUBSCRIBE": "A", "SUBSCRIBE": "B"})");
  CHECK_FALSE(site.events.has_subscribers("A"));
  site.events.publish("A", "1");
  site.events.publish("B", "2");
  CHECK(listener.text() == R"({"B":2})");
}

TEST_CASE("a bad request is answered to that client alone, and the feed goes on") {
  Site site;
  Browser bystander(site, "A");
  Browser listener(site);
  listener.send_text("nonsense");
  CHECK(Json::parse(listener.text())["kismet.eventbus.error"] == "a request is one JSON object");
  listener.send_text(R"({"SUBSCRIBE": "A", "format": "xml"})");
  CHECK(Json::parse(listener.text()).contains("kismet.eventbus.error"));
  listener.ask(R"({"SUBSCRIBE": "B"})");
  site.events.publish("B", "1");
  site.events.publish("A", "2");
  CHECK(listener.text() == R"({"B":1})");
  CHECK(bystander.text() == R"({"A":2})");
}

TEST_CASE("a binary message closes the feed") {
  Site site;
  Browser listener(site);
  listener.send({.opcode = 2, .payload = "x"});
  CHECK(listener.wait_for_close() == 1003);
}

TEST_CASE("a client that comes back gets what it missed, as far as the window reaches") {
  Site site;
  const std::string large(2000, 'x');
  for (int i = 0; i < 3000; ++i) site.events.publish("A", Json{{"n", i}, {"x", large}}.dump());
  Browser listener(site);
  listener.send_text(R"({"SUBSCRIBE": "A", "since": -3000, "envelope": true})");
  std::uint64_t next = 0;
  std::size_t wrong = 0;
  const std::uint64_t first = Json::parse(listener.text())["seq"];
  CHECK(first > 1);  // The window has a bound in bytes.
  for (next = first + 1; next <= 3000; ++next) wrong += Json::parse(listener.text())["seq"] != next;
  CHECK(wrong == 0);
}

TEST_CASE("a client that stops reading loses its own oldest events; others lose nothing, and memory stays bounded") {
  Site site({.max_queued = 100}, 2);
  Browser slow(site, "A");
  Browser fast(site, "A");
  const std::string padding(10'000, 'x');
  constexpr int kEvents = 3000;  // Thirty megabytes: more than all buffers between the two hold.
  int wrong = 0;
  for (int i = 0; i < kEvents; ++i) {
    site.events.publish("A", Json{{"n", i}, {"x", padding}}.dump());
    wrong += Json::parse(fast.text())["A"]["n"] != i;
  }
  CHECK(wrong == 0);
  for (const Json& feed : site.registry.to_json()) CHECK(feed["kismet.eventbus.feed.queued"] <= 200);
  int last = -1;
  int received = 0;
  while (last < kEvents - 1) {
    const int n = Json::parse(slow.text())["A"]["n"];
    if (n <= last) FAIL("out of order");
    last = n;
    ++received;
  }
  CHECK(received < kEvents);
}

TEST_CASE("a feed is in the registry as long as its client is there") {
  Site site;
  {
    Browser listener(site, "A");
    CHECK(site.registry.to_json()[0]["kismet.eventbus.feed.kind"] == "websocket");
  }
  CHECK(site.server.eventually([&] { return site.registry.size() == 0; }));
  CHECK_FALSE(site.events.has_subscribers("A"));
}
