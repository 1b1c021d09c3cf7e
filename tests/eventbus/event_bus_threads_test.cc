#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "base/loop.h"
#include "eventbus/event_bus.h"

using namespace kismet;

namespace {

/// What one subscriber heard: each publisher's numbers must come whole and in order, and all seqs must rise.
struct Heard {
  std::vector<int> next;
  std::uint64_t last_seq = 0;
  bool in_order = true;
  std::size_t total = 0;

  void take(const Event& event) {
    const auto publisher = static_cast<std::size_t>(std::stoi(event.topic));
    const int n = std::stoi(event.content_json.substr(event.content_json.find("\"n\":") + 4));
    in_order = in_order && n == next[publisher] && event.seq > last_seq;
    next[publisher] = n + 1;
    last_seq = event.seq;
    ++total;
  }
};

/// `publishers` publish `events` each, in turns spread over four loops, to `subscribers` on the same loops.
void all_hear_all(int publishers, std::size_t subscribers, int events) {
  Clock clock;
  EventBus bus(clock);
  Loops loops(clock, 4);
  const std::size_t expected = static_cast<std::size_t>(publishers * events);
  std::vector<Heard> heard(subscribers);
  std::vector<Subscription> subscriptions(subscribers);
  std::atomic<std::size_t> done{0};
  for (std::size_t s = 0; s < subscribers; ++s) {
    heard[s].next.resize(static_cast<std::size_t>(publishers));
    subscriptions[s] = bus.subscribe({.topics = {"*"}, .max_queued = expected}, loops.at(s % 4).get_executor(),
                                     [&, s](const EventPtr& event) {
                                       heard[s].take(*event);
                                       if (heard[s].total == expected && ++done == subscribers) loops.request_stop();
                                     });
  }
  std::function<void(int, int)> publish = [&](int publisher, int n) {
    bus.publish(std::to_string(publisher), "{\"n\":" + std::to_string(n) + "}");
    if (n + 1 < events) {
      net::post(loops.at(static_cast<std::size_t>(publisher) % 4).get_executor(),
                [&, publisher, n] { publish(publisher, n + 1); });
    }
  };
  for (int p = 0; p < publishers; ++p) {
    net::post(loops.at(static_cast<std::size_t>(p) % 4).get_executor(), [&, p] { publish(p, 0); });
  }
  loops.run([](const std::string& what) { FAIL(what); });

  std::size_t wrong = 0;
  for (const Heard& h : heard) wrong += !h.in_order || h.total != expected;
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("50 publishers and 50 subscribers on four threads: all hear all, in order") {
  all_hear_all(50, 50, 40);
}

TEST_CASE("one publisher and 1,000 subscribers on four threads: all hear all, in order") {
  all_hear_all(1, 1000, 100);
}

TEST_CASE("a subscriber that comes and goes while others publish is never called after its end") {
  Clock clock;
  EventBus bus(clock);
  Loops loops(clock, 2);
  std::atomic<bool> stop{false};
  int calls_after_end = 0;
  int rounds = 0;
  struct Round {
    Subscription subscription;
    bool ended = false;
    int calls = 0;
  };
  std::vector<std::unique_ptr<Round>> all;  // Kept, so that a late call would be seen rather than crash.
  std::function<void()> next = [&] {
    if (!all.empty()) {
      all.back()->subscription = Subscription();
      all.back()->ended = true;
    }
    if (++rounds == 2000) {
      stop = true;
      net::post(loops.first().get_executor(), [&] { loops.request_stop(); });
      return;
    }
    Round& round = *all.emplace_back(std::make_unique<Round>());
    round.subscription =
        bus.subscribe({.topics = {"*"}}, loops.first().get_executor(), [&round, &calls_after_end](const EventPtr&) {
          calls_after_end += round.ended;
          ++round.calls;
          if (round.calls == 3) {
            round.subscription = Subscription();
            round.ended = true;
          }
        });
    net::post(loops.first().get_executor(), [&] { next(); });
  };
  net::post(loops.first().get_executor(), [&] { next(); });
  net::post(loops.at(1).get_executor(), [&] {
    while (!stop) bus.publish("T", "{}");
  });
  loops.run([](const std::string& what) { FAIL(what); });
  CHECK(calls_after_end == 0);
}

TEST_CASE("a slow subscriber costs others nothing and holds no more than its bound") {
  Clock clock;
  EventBus bus(clock, {.max_events = 0});
  net::io_context stuck;  // Never runs.
  net::io_context loop;
  std::size_t heard = 0;
  std::weak_ptr<const Event> first;
  const Subscription slow =
      bus.subscribe({.topics = {"*"}, .max_queued = 10}, stuck.get_executor(), [](const EventPtr&) {});
  const Subscription fast = bus.subscribe({.topics = {"*"}}, loop.get_executor(), [&](const EventPtr&) { ++heard; });
  for (int i = 0; i < 10'000; ++i) {
    const EventPtr event = bus.publish("T", "{}");
    if (i == 0) first = event;
    loop.restart();
    loop.run();
  }
  CHECK(heard == 10'000);
  CHECK(fast.counters().dropped == 0);
  CHECK(slow.counters().queued == 10);
  CHECK(slow.counters().dropped == 9'990);
  CHECK(first.expired());
}
