#pragma once

#include <boost/asio/dispatch.hpp>
#include <memory>
#include <vector>

#include "base/loop.h"

namespace kismet {

/// A table that every request reads and few things change: each loop has its own copy, reads it without a lock, and
/// applies the same changes in the same order. With one loop a change is done when update() returns.
/// Thread rule: local() on that loop; update() on the loop that owns the changes (always the same one), so that the
/// copies agree. Owned by the composition root, outlives the loops' last handler.
template <typename T>
class Replicated {
 public:
  template <typename Make>
  Replicated(Loops& loops, Make make) : loops_(loops) {
    for (std::size_t i = 0; i < loops.size(); ++i) copies_.push_back(make(loops.at(i)));
  }

  T& local(const Loop& loop) { return *copies_[loop.index()]; }

  /// Calls `change(T&)` on every loop; here at once if the caller runs on it. `change` is copied for each.
  template <typename Change>
  void update(const Change& change) {
    for (std::size_t i = 0; i < copies_.size(); ++i) {
      net::dispatch(loops_.at(i).get_executor(), [copy = copies_[i], change] { change(*copy); });
    }
  }

 private:
  Loops& loops_;
  std::vector<std::shared_ptr<T>> copies_;
};

}  // namespace kismet
