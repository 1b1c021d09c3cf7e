#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "eventbus/event_bus.h"

using namespace kismet;

namespace {

/// A bus with ten events, A and B in turn: seq 1 to 10.
struct Past {
  explicit Past(const ReplaySettings& settings = {}) : bus(clock, settings) {
    for (int i = 0; i < 5; ++i) {
      bus.publish("A", "{}");
      bus.publish("B", "{}");
    }
  }

  std::vector<std::uint64_t> heard_with(const SubscriptionOptions& options) {
    std::vector<std::uint64_t> seqs;
    const Subscription subscription =
        bus.subscribe(options, loop.get_executor(), [&](const EventPtr& event) { seqs.push_back(event->seq); });
    loop.restart();
    loop.run();
    return seqs;
  }

  Clock clock;
  EventBus bus;
  net::io_context loop;
};

using Seqs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a subscription hears nothing of the past unless it asks") {
  Past past;
  CHECK(past.heard_with({.topics = {"*"}}).empty());
}

TEST_CASE("a subscription may begin with the last events of its topics") {
  Past past;
  CHECK(past.heard_with({.topics = {"*"}, .replay_last = 3}) == Seqs{8, 9, 10});
  CHECK(past.heard_with({.topics = {"A"}, .replay_last = 2}) == Seqs{7, 9});
  CHECK(past.heard_with({.topics = {"A"}, .replay_last = 100}) == Seqs{1, 3, 5, 7, 9});
  CHECK(past.heard_with({.topics = {"C"}, .replay_last = 100}).empty());
}

TEST_CASE("a subscription may begin after a sequence number") {
  Past past;
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 7}) == Seqs{8, 9, 10});
  CHECK(past.heard_with({.topics = {"B"}, .replay_after = 7}) == Seqs{8, 10});
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 10}).empty());
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 1000}).empty());
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 0}).size() == 10);
}

TEST_CASE("the window holds no more events than it may") {
  Past past({.max_events = 4});
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 0}) == Seqs{7, 8, 9, 10});
}

TEST_CASE("the window holds no more bytes than it may, and an event that is larger is not held") {
  Past past({.max_events = 100, .max_bytes = 4096});
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 0}).size() > 2);
  past.bus.publish("A", "{\"x\":\"" + std::string(5000, 'x') + "\"}");
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 0}).empty());
  past.bus.publish("A", "{}");
  CHECK(past.heard_with({.topics = {"*"}, .replay_after = 0}) == Seqs{12});
}

TEST_CASE("what is replayed obeys the queue's bound") {
  Past past;
  CHECK(past.heard_with({.topics = {"*"}, .max_queued = 3, .replay_after = 0}) == Seqs{8, 9, 10});
  CHECK(past.heard_with({.topics = {"*"}, .max_queued = 3, .policy = DropPolicy::newest, .replay_after = 0}) ==
        Seqs{1, 2, 3});
}

TEST_CASE("the past can be looked at alone") {
  Past past;
  const EventBus::Past found = past.bus.past({.topics = {"A"}, .replay_last = 2});
  REQUIRE(found.events.size() == 2);
  CHECK(found.events[0]->seq == 7);
  CHECK(found.last_seq == 10);
  CHECK(past.bus.past({.topics = {"A"}}).events.empty());
}

TEST_CASE("a subscription may change its topics and loses nothing that waits") {
  Past past;
  Seqs seqs;
  Subscription subscription = past.bus.subscribe({.topics = {"A"}}, past.loop.get_executor(),
                                                 [&](const EventPtr& event) { seqs.push_back(event->seq); });
  past.bus.publish("A", "{}");
  past.bus.publish("B", "{}");
  past.bus.set_topics(subscription, {"B", "C*"});
  past.bus.publish("A", "{}");
  past.bus.publish("B", "{}");
  past.bus.publish("CC", "{}");
  past.loop.run();
  CHECK(seqs == Seqs{11, 14, 15});
  CHECK_FALSE(past.bus.has_subscribers("A"));
}

TEST_CASE("nothing is missed or doubled between the past and the first new event, while another thread publishes") {
  Clock clock;
  EventBus bus(clock, {.max_events = 100'000});
  net::io_context loop;
  constexpr std::uint64_t kEvents = 20'000;
  std::vector<std::uint64_t> seqs;
  auto work = net::make_work_guard(loop);
  std::optional<Subscription> subscription;
  std::jthread publisher([&] {
    for (std::uint64_t i = 0; i < kEvents; ++i) {
      bus.publish("A", "{}");
      if (i == kEvents / 2) {
        net::post(loop, [&] {
          subscription = bus.subscribe({.topics = {"A"}, .max_queued = kEvents, .replay_after = 0}, loop.get_executor(),
                                       [&](const EventPtr& event) {
                                         seqs.push_back(event->seq);
                                         if (event->seq == kEvents) work.reset();
                                       });
        });
      }
    }
  });
  loop.run();
  REQUIRE(seqs.size() == kEvents);
  CHECK(std::is_sorted(seqs.begin(), seqs.end()));
  CHECK(seqs.front() == 1);
}
