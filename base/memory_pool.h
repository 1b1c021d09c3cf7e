#pragma once

#include <atomic>
#include <cstddef>

namespace kismet {

/// Counts the memory that many buffers hold together. It refuses nothing: who adds to a buffer asks left() before.
/// Thread rule: safe everywhere. Outlives all buffers that it counts.
class MemoryPool {
 public:
  explicit MemoryPool(std::size_t limit) : limit_(limit) {}

  void take(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t left() const {
    const std::size_t held = used();
    return held < limit_ ? limit_ - held : 0;
  }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace kismet
