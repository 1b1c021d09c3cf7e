#include "httpd/route_stats.h"

#include <algorithm>

namespace kismet {

RouteStats::~RouteStats() {
  for (std::size_t i = 0; i < loops_; ++i) delete shares_[i].load(std::memory_order_acquire);
}

RouteStats::Share& RouteStats::make_share(std::size_t index) {
  auto* const made = new Share;
  shares_[index].store(made, std::memory_order_release);
  return *made;
}

RouteStats::Sum RouteStats::sum() const {
  Sum all;
  for (std::size_t i = 0; i < loops_; ++i) {
    const Share* const share = shares_[i].load(std::memory_order_acquire);
    if (!share) continue;
    // What ended is read first: it may not seem more than what began.
    const std::uint64_t ended = share->ended.get();
    const std::uint64_t begun = share->begun.get();
    all.hits += begun;
    all.open += begun - std::min(begun, ended);
    all.errors += share->errors.get();
    all.latency.add(share->latency);
  }
  return all;
}

}  // namespace kismet
