#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/memory_pool.h"

namespace kismet {

/// How much may wait for clients that read more slowly than it comes. Each is a setting of conf/kismet_helpers.conf.
struct BufferLimits {
  std::size_t memory_each = 4 * 1024 * 1024;       // Bytes of one buffer that wait in memory; the rest goes to disk.
  std::size_t memory = 64 * 1024 * 1024;           // Bytes of memory that all buffers hold together.
  std::uint64_t disk = 4ULL * 1024 * 1024 * 1024;  // Bytes of disk that they hold together; 0: none is used.
  std::chrono::milliseconds pause{100};            // How long a producer may be held up for the disk at a time.
};

/// What all spilling buffers hold together, and how much of it one more may take.
/// Half of the memory is for what clients get next, half for what is on its way to the disk; so neither can starve the
/// other. One buffer's share of a half is a fraction of what is left of it: a few large ones get much, many get less
/// each, and there is always some left for the next. A buffer of up to kSmallest bytes in either half is never refused,
/// so that those who read well do not suffer; the bound is `memory` and 2 * kSmallest bytes a buffer.
/// Thread rule: safe everywhere. Owned by the composition root; outlives the loops, whose handlers may hold buffers.
class BufferBudget {
 public:
  static constexpr std::size_t kSmallest = 16 * 1024;

  explicit BufferBudget(const BufferLimits& limits);

  const BufferLimits& limits() const { return limits_; }
  MemoryPool& sending() { return sending_; }
  MemoryPool& writing() { return writing_; }
  const MemoryPool& sending() const { return sending_; }
  const MemoryPool& writing() const { return writing_; }

  /// Bytes that one buffer may hold ready for its client before it spills.
  std::size_t sending_share() const;
  /// Bytes that are read back from the disk at a time.
  std::size_t piece() const;
  /// Bytes that one buffer gathers before they are written.
  std::size_t batch() const;
  /// Bytes that one buffer may have on their way to the disk.
  std::size_t writing_share() const;
  /// The disk does not keep up: who produces should wait a moment.
  bool congested() const { return queued_.load(std::memory_order_relaxed) > writing_.limit() / 4; }

  /// Bytes handed over to be written, and bytes that were.
  void queued(std::size_t bytes) { queued_.fetch_add(bytes, std::memory_order_relaxed); }
  void written(std::size_t bytes) { queued_.fetch_sub(bytes, std::memory_order_relaxed); }

  /// False: there is not so much left.
  bool take_disk(std::uint64_t bytes);
  void give_disk(std::uint64_t bytes) { disk_used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t disk_used() const { return disk_used_.load(std::memory_order_relaxed); }

  /// For people.
  struct Counters {
    std::atomic<std::uint64_t> files{0};          // Spill files that are open.
    std::atomic<std::uint64_t> spilled_bytes{0};  // Written to them since the start.
    std::atomic<std::uint64_t> spills{0};         // How often a buffer has begun to spill.
    std::atomic<std::uint64_t> pauses{0};         // How often a producer was held up for the disk.
    std::atomic<std::uint64_t> over_own_limit{0}, over_memory{0}, over_disk{0},
        disk_failures{0};  // Buffers that ended.
  };
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

 private:
  const BufferLimits limits_;
  MemoryPool sending_;
  MemoryPool writing_;
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::uint64_t> disk_used_{0};
  Counters counters_;
};

}  // namespace kismet
