// What it costs to hand one event to many listeners inside the daemon: fanout_bench [SECONDS-A-CASE [SUBSCRIBERS]].
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "eventbus/event_bus.h"

using namespace kismet;

namespace {

using Seconds = std::chrono::duration<double>;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Result {
  double seconds = 0;
  double cpu = 0;
  std::uint64_t events = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t lost = 0;
};

/// Publishes on the listeners' own loop, as a helper's session does: in turns of `burst` events, each as soon as the
/// turn before has been delivered.
class Publisher {
 public:
  Publisher(EventBus& bus, net::io_context& loop, std::uint64_t burst, Seconds time)
      : bus_(bus),
        loop_(loop),
        burst_(burst),
        end_(std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(time)) {
  }

  void turn() {
    for (std::uint64_t i = 0; i < burst_; ++i) bus_.publish_text("BENCH", R"({"reading": 42, "unit": "celsius"})");
    events_ += burst_;
    if (std::chrono::steady_clock::now() < end_) net::post(loop_, [this] { turn(); });
  }
  std::uint64_t events() const { return events_; }

 private:
  EventBus& bus_;
  net::io_context& loop_;
  const std::uint64_t burst_;
  const std::chrono::steady_clock::time_point end_;
  std::uint64_t events_ = 0;
};

Result measure(std::size_t subscribers, std::uint64_t burst, Seconds time) {
  const Clock clock;
  EventBus bus(clock);
  net::io_context loop(1);
  Result result;
  std::vector<Subscription> subscriptions;
  for (std::size_t i = 0; i < subscribers; ++i) {
    subscriptions.push_back(
        bus.subscribe({.topics = {"BENCH"}}, loop.get_executor(), [&result](const EventPtr&) { ++result.deliveries; }));
  }
  Publisher publisher(bus, loop, burst, time);
  net::post(loop, [&publisher] { publisher.turn(); });
  const double cpu_before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  loop.run();
  result.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
  result.cpu = cpu_seconds() - cpu_before;
  result.events = publisher.events();
  for (const Subscription& subscription : subscriptions) result.lost += subscription.counters().dropped;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const Seconds time(argc > 1 ? std::atof(argv[1]) : 2.0);
  std::printf("%11s %6s %12s %14s %16s %6s\n", "subscribers", "burst", "events/s", "deliveries/s", "CPU ns/delivery",
              "lost");
  const std::size_t only = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  for (const std::size_t subscribers : {1, 100, 1000}) {
    if (only != 0 && only != subscribers) continue;
    for (const std::uint64_t burst : {1, 16}) {
      const Result result = measure(subscribers, burst, time);
      const auto deliveries = static_cast<double>(result.deliveries);
      std::printf("%11zu %6llu %12.0f %14.0f %16.0f %6llu\n", subscribers, static_cast<unsigned long long>(burst),
                  static_cast<double>(result.events) / result.seconds, deliveries / result.seconds,
                  result.cpu / deliveries * 1e9, static_cast<unsigned long long>(result.lost));
    }
  }
  return 0;
}
