#include "eventbus/event_bus.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>

using namespace kismet;

namespace {

struct Listener {
  explicit Listener(EventBus& bus, net::io_context& loop, SubscriptionOptions options = {.topics = {"*"}})
      : subscription(bus.subscribe(options, loop.get_executor(), [this](const EventPtr& e) { heard.push_back(e); })) {}

  std::vector<std::string> contents() const {
    std::vector<std::string> all;
    for (const EventPtr& event : heard) all.push_back(event->content_json);
    return all;
  }

  std::vector<EventPtr> heard;
  Subscription subscription;
};

std::string number(int i) {
  return "{\"n\":" + std::to_string(i) + "}";
}
std::string content(int i) {
  return "{\"T\":" + number(i) + "}";
}

}  // namespace

TEST_CASE("an event carries its content for feeds and whole for helpers") {
  Clock clock;
  EventBus bus(clock);
  const EventPtr core = bus.publish("TIMESTAMP", R"({"sec":1})");
  CHECK(core->content_json == R"({"TIMESTAMP":{"sec":1}})");
  CHECK(core->json == R"({"kismet.eventbus.type":"TIMESTAMP","kismet.eventbus.content":{"TIMESTAMP":{"sec":1}}})");
  CHECK_FALSE(core->from_text);

  const EventPtr text = bus.publish_text("MY\nTOPIC", "{\"a\": \"\xFF\"}");
  const auto whole = nlohmann::json::parse(text->json);
  CHECK(whole["kismet.eventbus.type"] == "MY\nTOPIC");
  CHECK(whole["kismet.eventbus.content"]["kismet.eventbus.event_json"] == "{\"a\": \"\xEF\xBF\xBD\"}");
  CHECK(nlohmann::json::parse(text->content_json) == whole["kismet.eventbus.content"]);
  CHECK(text->from_text);
}

TEST_CASE("events are counted from 1 without gaps, and carry the bus's time") {
  ManualClock clock;
  EventBus bus(clock);
  CHECK(bus.publish("A", "{}")->seq == 1);
  clock.advance(std::chrono::seconds(5));
  const EventPtr second = bus.publish_text("B", "{}");
  CHECK(second->seq == 2);
  CHECK(second->time == clock.wall_now());
}

TEST_CASE("every subscriber hears one shared event, in publish order, on its executor and never inside publish") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  Listener first(bus, loop);
  Listener second(bus, loop);
  for (int i = 0; i < 100; ++i) bus.publish("T", number(i));
  CHECK(first.heard.empty());
  loop.run();
  REQUIRE(first.heard.size() == 100);
  CHECK(first.heard == second.heard);
  for (int i = 0; i < 100; ++i) CHECK(first.heard[static_cast<std::size_t>(i)]->content_json == content(i));
  CHECK(first.subscription.counters().delivered == 100);
}

TEST_CASE("a full queue loses the oldest or the newest event as its subscriber asked, and counts it") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  Listener oldest(bus, loop, {.topics = {"T"}, .max_queued = 3, .policy = DropPolicy::oldest});
  Listener newest(bus, loop, {.topics = {"T"}, .max_queued = 3, .policy = DropPolicy::newest});
  Listener roomy(bus, loop);
  for (int i = 0; i < 5; ++i) bus.publish("T", number(i));
  CHECK(oldest.subscription.counters().queued == 3);
  loop.run();
  CHECK(oldest.contents() == std::vector{content(2), content(3), content(4)});
  CHECK(newest.contents() == std::vector{content(0), content(1), content(2)});
  CHECK(roomy.heard.size() == 5);
  for (const Listener* listener : {&oldest, &newest}) {
    const SubscriptionCounters counters = listener->subscription.counters();
    CHECK(counters.delivered == 3);
    CHECK(counters.dropped == 2);
    CHECK(counters.queued == 0);
  }
}

TEST_CASE("a queue is bounded in bytes too, and an event that would never fit is dropped alone") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  Listener oldest(bus, loop, {.topics = {"T"}, .max_queued_bytes = 4000, .policy = DropPolicy::oldest});
  Listener newest(bus, loop, {.topics = {"T"}, .max_queued_bytes = 4000, .policy = DropPolicy::newest});
  const std::string large = "{\"x\":\"" + std::string(1000, 'x') + "\"}";
  for (int i = 0; i < 3; ++i) bus.publish("T", large);
  CHECK(oldest.subscription.counters().queued == 1);
  bus.publish("T", number(1));
  CHECK(newest.subscription.counters().queued == 2);
  bus.publish("T", "{\"x\":\"" + std::string(10'000, 'x') + "\"}");
  bus.publish("T", number(2));
  loop.run();
  CHECK(oldest.contents() == std::vector{content(2)});
  CHECK(newest.contents().back() == content(2));
}

TEST_CASE("a subscriber destroyed in its own handler is not called again") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  int calls = 0;
  std::optional<Subscription> subscription;
  const auto alive = std::make_shared<int>(7);
  subscription = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&, alive](const EventPtr&) {
    ++calls;
    subscription.reset();
    CHECK(*alive == 7);
  });
  for (int i = 0; i < 100; ++i) bus.publish("T", "{}");
  CHECK(alive.use_count() == 2);
  loop.run();
  CHECK(calls == 1);
  CHECK(alive.use_count() == 1);
  CHECK_FALSE(bus.has_subscribers("T"));
}

TEST_CASE("a subscriber that is replaced in its own handler hears through the new one") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  std::vector<std::string> calls;
  Subscription subscription;
  subscription = bus.subscribe({.topics = {"A"}}, loop.get_executor(), [&](const EventPtr&) {
    calls.push_back("old");
    subscription =
        bus.subscribe({.topics = {"A"}}, loop.get_executor(), [&](const EventPtr&) { calls.push_back("new"); });
    bus.publish("A", "{}");
  });
  bus.publish("A", "{}");
  bus.publish("A", "{}");
  loop.run();
  CHECK(calls == std::vector<std::string>{"old", "new"});
}

TEST_CASE("a subscriber destroyed with events waiting hears none of them and lets go of its handler at once") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  int calls = 0;
  const auto alive = std::make_shared<int>();
  {
    const Subscription subscription =
        bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&, alive](const EventPtr&) { ++calls; });
    bus.publish("T", "{}");
  }
  CHECK(alive.use_count() == 1);
  loop.run();
  CHECK(calls == 0);
}

TEST_CASE("a subscription may outlive its bus") {
  Clock clock;
  net::io_context loop;
  auto bus = std::make_unique<EventBus>(clock);
  auto listener = std::make_unique<Listener>(*bus, loop);
  bus->publish("T", number(1));
  bus.reset();
  loop.run();
  CHECK(listener->contents() == std::vector{content(1)});
  listener.reset();
}

TEST_CASE("a moved subscription stays one, and assigning to it ends the old one") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  int old_calls = 0;
  int new_calls = 0;
  Subscription a = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&](const EventPtr&) { ++old_calls; });
  Subscription b = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&](const EventPtr&) { ++new_calls; });
  bus.publish("T", "{}");
  a = std::move(b);
  CHECK(a);
  CHECK_FALSE(b);
  CHECK(b.counters().delivered == 0);
  loop.run();
  CHECK(old_calls == 0);
  CHECK(new_calls == 1);
}

TEST_CASE("a handler that throws loses its event alone") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  int calls = 0;
  const Subscription subscription = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&](const EventPtr&) {
    if (++calls % 2 == 1) throw std::runtime_error("a bug");
  });
  for (int i = 0; i < 10; ++i) bus.publish("T", "{}");
  int thrown = 0;
  while (!loop.stopped()) {
    try {
      loop.run();
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  CHECK(calls == 10);
  CHECK(thrown == 5);
}

TEST_CASE("a flood does not starve its loop: others have their turn between batches") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  Listener listener(bus, loop);
  for (int i = 0; i < 1000; ++i) bus.publish("T", "{}");
  std::size_t heard_before_turn = 1000;
  net::post(loop, [&] { heard_before_turn = listener.heard.size(); });
  loop.run();
  CHECK(heard_before_turn < 100);
  CHECK(listener.heard.size() == 1000);
}

TEST_CASE("a burst posts one turn to the loop, not one an event") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  Listener listener(bus, loop);
  for (int i = 0; i < 20; ++i) bus.publish("T", "{}");
  CHECK(loop.poll() == 1);
  CHECK(listener.heard.size() == 20);
}

TEST_CASE("who publishes can tell whether it does so because of an event") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  std::vector<const Event*> seen;
  const Subscription subscription = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&](const EventPtr& event) {
    seen.push_back(EventBus::delivering());
    CHECK(seen.back() == event.get());
  });
  CHECK(EventBus::delivering() == nullptr);
  bus.publish("T", "{}");
  loop.run();
  CHECK(seen.size() == 1);
  CHECK(EventBus::delivering() == nullptr);
}

TEST_CASE("who wants to know hears that somebody has subscribed, and may then ask the bus") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  std::vector<bool> anybody;
  bus.on_subscribe([&] { anybody.push_back(bus.has_subscribers("T")); });
  Listener listener(bus, loop, {.topics = {"OTHER"}});
  bus.set_topics(listener.subscription, {"T"});
  CHECK(anybody == std::vector<bool>{false, true});
  bus.on_subscribe(nullptr);
  const Listener unheard(bus, loop);
  CHECK(anybody.size() == 2);
}
