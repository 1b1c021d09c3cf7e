#include "base/buffer_budget.h"

#include <algorithm>

namespace kismet {

namespace {

constexpr std::size_t kSmallestBatch = 4 * 1024;
constexpr std::size_t kLargestTransfer = 256 * 1024;  // Bytes of a read or write, of which more would gain nothing.

}  // namespace

BufferBudget::BufferBudget(const BufferLimits& limits)
    : limits_(limits), sending_(limits.memory / 2), writing_(limits.memory - limits.memory / 2) {}

std::size_t BufferBudget::sending_share() const {
  return std::min(limits_.memory_each, std::max(kSmallest, sending_.left() / 4));
}

std::size_t BufferBudget::piece() const {
  return std::clamp(std::min(sending_share(), sending_.left() / 8), kSmallest, kLargestTransfer);
}

// What waits for its batch to be full may be a quarter of its half at the most: the rest is for what is being written.
std::size_t BufferBudget::batch() const {
  const std::size_t gathered = writing_.used() - std::min(writing_.used(), queued_.load(std::memory_order_relaxed));
  const std::size_t limit = writing_.limit() / 4;
  return std::clamp((limit - std::min(limit, gathered)) / 16, kSmallestBatch, kLargestTransfer);
}

std::size_t BufferBudget::writing_share() const {
  return std::max(kSmallest, writing_.left() / 2);
}

bool BufferBudget::take_disk(std::uint64_t bytes) {
  const std::uint64_t before = disk_used_.fetch_add(bytes, std::memory_order_relaxed);
  if (before <= limits_.disk && bytes <= limits_.disk - before) return true;
  give_disk(bytes);
  return false;
}

}  // namespace kismet
