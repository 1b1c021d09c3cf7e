#include "server/event_feed.h"

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

struct Client {
  explicit Client(const FeedSettings& settings = {}) : feed(loop, events, settings, stats, [this] { ++rings; }) {}

  void publish(std::string_view topic, int n) { events.publish(topic, std::to_string(n)); }
  /// Lets the bus deliver, and takes all that there is to send.
  std::vector<std::string> received() {
    loop.context().restart();
    loop.context().poll();
    std::vector<std::string> texts;
    while (const auto item = feed.next()) texts.push_back(*item->text);
    return texts;
  }
  std::string subscribe(std::string topic) { return feed.subscribe({.topics = {std::move(topic)}}); }

  ManualClock clock;
  Loop loop{clock};
  EventBus events{clock};
  std::shared_ptr<FeedStats> stats = std::make_shared<FeedStats>("test", "::1", "kay");
  int rings = 0;
  EventFeed feed;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a feed hears what it subscribed to, in publish order across topics") {
  Client client;
  client.publish("A", 0);
  client.subscribe("A");
  client.subscribe("B*");
  for (int i = 1; i < 100; ++i) client.publish(i % 3 == 0 ? "A" : i % 3 == 1 ? "BB" : "C", i);
  const Texts texts = client.received();
  REQUIRE(texts.size() == 66);
  for (std::size_t i = 0; i < 66; ++i) {
    const std::size_t n = i / 2 * 3 + (i % 2 == 0 ? 1 : 3);
    CHECK(texts[i] == (i % 2 == 0 ? "{\"BB\":" : "{\"A\":") + std::to_string(n) + "}");
  }
}

TEST_CASE("all feeds that want an event as it is share its text") {
  Client client;
  client.subscribe("A");
  client.publish("A", 1);
  client.loop.context().poll();
  const auto item = client.feed.next();
  REQUIRE(item);
  CHECK(item->text.get() == &item->event->content_json);
}

TEST_CASE("a feed rings when there is something to send, once until it has been looked at") {
  Client client;
  client.subscribe("A");
  CHECK(client.rings == 0);
  client.publish("A", 1);
  client.publish("A", 2);
  client.received();
  CHECK(client.rings == 1);
  client.publish("A", 3);
  client.received();
  CHECK(client.rings == 2);
}

TEST_CASE("a second subscription to a topic replaces the first") {
  Client client;
  client.subscribe("A");
  FeedWish wish{.topics = {"A"}};
  wish.form.envelope = true;
  client.feed.subscribe(wish);
  client.publish("A", 1);
  const Texts texts = client.received();
  REQUIRE(texts.size() == 1);
  CHECK(texts[0].find("\"topic\":\"A\"") != std::string::npos);
}

TEST_CASE("an event that two subscriptions match comes in the form of each") {
  Client client;
  client.subscribe("A");
  client.subscribe("*");
  client.publish("A", 1);
  CHECK(client.received() == Texts{R"({"A":1})", R"({"A":1})"});
}

TEST_CASE("after unsubscribing nothing comes, also of what waited") {
  Client client;
  client.subscribe("A");
  client.subscribe("B");
  client.publish("A", 1);
  client.publish("B", 2);
  client.loop.context().poll();
  client.feed.unsubscribe("A");
  client.feed.unsubscribe("never subscribed");
  client.publish("A", 3);
  CHECK(client.received() == Texts{R"({"B":2})"});
  CHECK_FALSE(client.events.has_subscribers("A"));
}

TEST_CASE("the past comes first, and then what follows it, without a gap or a double") {
  Client client;
  client.subscribe("B");
  for (int i = 1; i <= 5; ++i) client.publish("A", i);
  client.publish("B", 6);
  CHECK(client.feed.subscribe({.topics = {"A"}, .replay_after = 2}).empty());
  CHECK(client.rings == 1);
  client.publish("A", 7);
  client.publish("B", 8);
  CHECK(client.received() == Texts{R"({"A":3})", R"({"A":4})", R"({"A":5})", R"({"B":6})", R"({"A":7})", R"({"B":8})"});
}

TEST_CASE("the past does not count against the queue, and has a bound of its own") {
  Client client({.max_queued = 3, .max_replay_bytes = 10'000});
  for (int i = 0; i < 10; ++i) client.publish("A", i);
  CHECK(client.feed.subscribe({.topics = {"A"}, .replay_after = 0}).empty());
  CHECK(client.received().size() == 10);
  for (int i = 0; i < 200; ++i) client.publish("A", i);
  client.received();
  CHECK_FALSE(client.feed.subscribe({.topics = {"A"}, .replay_after = 0}).empty());
  client.publish("A", 7);
  CHECK(client.received() == Texts{R"({"A":7})"});
}

TEST_CASE("a client that reads slowly loses the oldest of its own, counted, and no memory grows") {
  Client client({.max_queued = 10});
  client.subscribe("*");
  for (int i = 0; i < 1000; ++i) {
    client.publish("A", i);
    client.loop.context().restart();
    client.loop.context().poll();
  }
  CHECK(client.stats->queued == 10);
  CHECK(client.stats->dropped == 990);
  const Texts texts = client.received();
  REQUIRE(texts.size() == 10);
  CHECK(texts.front() == R"({"A":990})");
  CHECK(client.stats->delivered == 10);
}

TEST_CASE("the queue is bounded in bytes too") {
  Client client({.max_queued_bytes = 5000});
  client.subscribe("*");
  for (int i = 0; i < 100; ++i) {
    client.events.publish("A", "\"" + std::string(1000, 'x') + "\"");
    client.loop.context().restart();
    client.loop.context().poll();
  }
  CHECK(client.received().size() == 2);
  CHECK(client.stats->dropped == 98);
}

TEST_CASE("a rate thins the events of its subscription alone") {
  Client client;
  client.feed.subscribe({.topics = {"A"}, .max_rate = 2});
  client.subscribe("B");
  for (int i = 0; i < 10; ++i) {
    client.publish("A", i);
    client.publish("B", i);
  }
  CHECK(client.received().size() == 12);
  CHECK(client.stats->limited == 8);
  client.clock.advance(std::chrono::milliseconds(500));
  client.publish("A", 10);
  client.publish("A", 11);
  CHECK(client.received() == Texts{R"({"A":10})"});
}

TEST_CASE("a feed has a bounded number of topics") {
  Client client;
  for (int i = 0; i < 64; ++i) CHECK(client.subscribe(std::to_string(i)).empty());
  CHECK_FALSE(client.subscribe("one more").empty());
  CHECK(client.subscribe("0").empty());
}

TEST_CASE("a feed that ends leaves nothing on the bus") {
  Client client;
  {
    EventFeed other(client.loop, client.events, {}, client.stats, [] {});
    other.subscribe({.topics = {"A"}});
    CHECK(client.events.has_subscribers("A"));
    client.publish("A", 1);
  }
  CHECK_FALSE(client.events.has_subscribers("A"));
  CHECK(client.received().empty());
}
