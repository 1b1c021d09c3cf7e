#pragma once

#include <atomic>
#include <cstdint>

namespace kismet {

/// A count that one thread adds to and all may read, without a locked instruction.
/// Thread rule: add() and raise() on one thread, get() everywhere.
class Tally {
 public:
  void add(std::uint64_t count = 1) { set(get() + count); }
  /// For a maximum in place of a sum.
  void raise(std::uint64_t value) {
    if (value > get()) set(value);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> value_{0};
};

}  // namespace kismet
