#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/latency.h"
#include "base/loop.h"
#include "base/tally.h"

namespace kismet {

/// What kinds of routes there are, for those who count by them.
enum class RouteClass : std::uint8_t {
  none,    // There is no such path, or the request was refused before it was looked for.
  own,     // The daemon's own.
  helper,  // A helper's.
  file,    // A static file.
};
constexpr std::size_t kRouteClasses = 4;

/// What became of one request, as its route counts it.
struct RouteOutcome {
  bool failed = false;              // Answered with 5xx, or cut off before its end while the client was there.
  bool timed = false;               // An answer began: `time` counts.
  std::chrono::nanoseconds time{};  // From the head of the request to the head of its answer.
};

/// What one route has counted, on each loop apart; a loop's share is made at its first request there.
/// Thread rule: begin() and end() on the loop that they name; sum() everywhere.
/// Shared by the route's copies and the requests in progress.
class RouteStats {
 public:
  struct Sum {
    std::uint64_t hits = 0, errors = 0, open = 0;
    Latencies latency;
  };

  explicit RouteStats(std::size_t loops) : loops_(loops), shares_(new std::atomic<Share*>[loops]()) {}
  ~RouteStats();
  RouteStats(const RouteStats&) = delete;
  RouteStats& operator=(const RouteStats&) = delete;

  void begin(const Loop& loop) { share(loop).begun.add(); }
  void end(const Loop& loop, const RouteOutcome& outcome) {
    Share& here = share(loop);
    here.ended.add();
    if (outcome.failed) here.errors.add();
    if (outcome.timed) here.latency.add(outcome.time);
  }
  Sum sum() const;

 private:
  struct Share {
    Tally begun, ended, errors;
    LatencyHistogram latency;
  };
  Share& share(const Loop& loop) {
    Share* const here = shares_[loop.index()].load(std::memory_order_relaxed);
    return here ? *here : make_share(loop.index());
  }
  Share& make_share(std::size_t index);

  const std::size_t loops_;
  const std::unique_ptr<std::atomic<Share*>[]> shares_;
};

}  // namespace kismet
