#include "server/event_feed_sse.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "server/event_routes.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

/// A reader of the event stream that reads on while the test goes on.
struct Reader {
  Reader(EventBus& events, FeedRegistry& registry, Loop& on, std::string query, std::string_view last_id = {},
         const FeedSettings& settings = {})
      : loop(on), handler(events, registry, settings) {
    request.method = "GET";
    request.query = std::move(query);
    request.client_address = "192.0.2.7";
    if (!last_id.empty()) request.headers.add("Last-Event-ID", last_id);
    auto done = [this](const std::exception_ptr& error) { ended = error ? "failed" : "ended"; };
    net::co_spawn(loop.get_executor(), handler.handle(request, out), done);
    run();
  }
  ~Reader() {
    out.leave();
    run();
    CHECK(ended == "ended");
  }
  void run() {
    loop.context().restart();
    loop.context().poll();
  }
  /// What came since the last look.
  std::string read() {
    run();
    std::string more = out.body().substr(seen);
    seen = out.body().size();
    return more;
  }

  Loop& loop;
  EventFeedSse handler;
  Request request;
  testing::FakeResponseWriter out{loop};
  std::size_t seen = 0;
  std::string ended;
};

struct Site {
  ManualClock clock;
  Loop loop{clock};
  EventBus events{clock};
  FeedRegistry registry;
  std::string id(int seq) const { return std::to_string(events.epoch()) + "-" + std::to_string(seq); }
};

}  // namespace

TEST_CASE("events are sent as they come, each with its id") {
  Site site;
  Reader reader(site.events, site.registry, site.loop, "topic=A");
  CHECK(reader.out.content_type() == "text/event-stream");
  CHECK(reader.out.header("Cache-Control") == "no-cache");
  CHECK(reader.read() == "retry: 1000\n\n");
  site.events.publish("A", "1");
  site.events.publish("B", "2");
  CHECK(reader.read() == "id: " + site.id(1) + "\ndata: {\"A\":1}\n\n");
  site.events.publish("A", "3");
  CHECK(reader.read() == "id: " + site.id(3) + "\ndata: {\"A\":3}\n\n");
}

TEST_CASE("a reader that comes back misses nothing that is held, also after a restart of the daemon") {
  Site site;
  for (int i = 1; i <= 3; ++i) site.events.publish("A", std::to_string(i));
  {
    Reader reader(site.events, site.registry, site.loop, "topic=A", site.id(1));
    CHECK(reader.read() ==
          "retry: 1000\n\nid: " + site.id(2) + "\ndata: {\"A\":2}\n\nid: " + site.id(3) + "\ndata: {\"A\":3}\n\n");
  }
  Reader after_restart(site.events, site.registry, site.loop, "topic=A", "1600000000000-500");
  CHECK(after_restart.read().find("{\"A\":1}") != std::string::npos);
}

TEST_CASE("a text of several lines is several data lines, and events may carry their topic as name") {
  Site site;
  Reader reader(site.events, site.registry, site.loop, "topic=A*&format=prettyjson&named=1");
  reader.read();
  site.events.publish("A\nB", "1");
  CHECK(reader.read() == "id: " + site.id(1) + "\nevent: AB\ndata: {\ndata:   \"A\\nB\": 1\ndata: }\n\n");
}

TEST_CASE("a stream without events says now and then that it is there") {
  Site site;
  Reader reader(site.events, site.registry, site.loop, "topic=A", {}, {.sse_keep_alive = std::chrono::seconds(15)});
  reader.read();
  site.clock.advance(std::chrono::seconds(14));
  site.loop.deadlines().sweep();
  CHECK(reader.read().empty());
  site.clock.advance(std::chrono::seconds(1));
  site.loop.deadlines().sweep();
  CHECK(reader.read() == ":\n\n");
}

TEST_CASE("a reader that stops reading loses the oldest, and others nothing") {
  Site site;
  Reader slow(site.events, site.registry, site.loop, "topic=*", {}, {.max_queued = 10, .sse_batch = 1});
  Reader fast(site.events, site.registry, site.loop, "topic=*");
  slow.read();
  fast.read();
  slow.out.stop_reading();
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    site.events.publish("A", std::to_string(i));
    all += fast.read();
  }
  CHECK(std::count(all.begin(), all.end(), '{') == 1000);
  slow.out.read_again();
  const std::string late = slow.read();
  CHECK(std::count(late.begin(), late.end(), '{') == 11);
  CHECK(late.find("{\"A\":999}") != std::string::npos);
}

TEST_CASE("a bad query is an answer 400 with the reason") {
  Site site;
  Reader reader(site.events, site.registry, site.loop, "since=x");
  CHECK(reader.out.status() == 400);
  CHECK(reader.out.body().find("since is no event's id") != std::string::npos);
}

TEST_CASE("admins see the feeds that there are, and what each has counted") {
  Site site;
  testing::EndpointClient client(site.loop);
  client.add(event_routes(site.events, site.registry, {}));
  {
    Reader reader(site.events, site.registry, site.loop, "topic=A,B");
    site.events.publish("A", "1");
    reader.read();
    const Json feeds = client.get_json("/eventbus/feeds.json");
    REQUIRE(feeds.size() == 1);
    CHECK(feeds[0]["kismet.eventbus.feed.kind"] == "sse");
    CHECK(feeds[0]["kismet.eventbus.feed.client"] == "192.0.2.7");
    CHECK(feeds[0]["kismet.eventbus.feed.topics"] == Json{"A", "B"});
    CHECK(feeds[0]["kismet.eventbus.feed.delivered"] == 1);
    CHECK(site.registry.size() == 1);
  }
  CHECK(client.get("/eventbus/feeds.json").body() == "[]");
  CHECK(client.role("GET", "/eventbus/feeds.json") == "admin");
  CHECK(client.role("GET", "/eventbus/events.sse") == "readonly");
}

TEST_CASE("clients publish as helpers do") {
  Site site;
  testing::EndpointClient client(site.loop);
  client.add(event_routes(site.events, site.registry, {}));
  std::vector<EventPtr> heard;
  const Subscription subscription = site.events.subscribe({.topics = {"*"}}, site.loop.get_executor(),
                                                          [&](const EventPtr& event) { heard.push_back(event); });
  const Json answer = Json::parse(
      client.post("/eventbus/publish.cmd", R"({"topic": "MINE", "content": {"a": 1}})", "application/json").body());
  CHECK(answer["seq"] == 1);
  CHECK(answer["id"] == site.id(1));
  client.get("/eventbus/feeds.json");
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]->content_json == R"({"kismet.eventbus.event_json":"{\"a\":1}"})");
  CHECK(client.role("POST", "/eventbus/publish.cmd") == "admin");
}

TEST_CASE("what may not be published is refused with a reason") {
  Site site;
  testing::EndpointClient client(site.loop);
  client.add(event_routes(site.events, site.registry, {}));
  const std::string body =
      GENERATE(as<std::string>(), "nonsense", "{}", R"({"topic": "A"})", R"({"topic": 7, "content": 1})",
               R"({"topic": "", "content": 1})", R"({"topic": "MESSAGE", "content": 1})",
               R"({"topic": "A\nB", "content": 1})", R"({"topic": ")" + std::string(257, 'x') + R"(", "content": 1})");
  CAPTURE(body);
  CHECK(client.post("/eventbus/publish.cmd", body, "application/json").status() == 400);
  CHECK(site.events.past({.topics = {"*"}}).last_seq == 0);
}
