#pragma once

#include <atomic>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>

#include "base/chained_buffer.h"
#include "base/spill_space.h"

namespace kismet {

/// The file of one spilling buffer, as the jobs on SpillSpace's threads see it.
/// Thread rule: a line a group. Shared by the buffer and its jobs; the last reference is a job's, so that the file is
/// closed where that may block.
struct SpillSlot {
  explicit SpillSlot(SpillSpace& s) : space(s) {}
  ~SpillSlot();
  SpillSlot(const SpillSlot&) = delete;
  SpillSlot& operator=(const SpillSlot&) = delete;

  /// Writes `bytes`, and frees their memory. On the writing thread.
  boost::system::error_code write(ChainedBuffer& bytes, std::uint64_t offset);
  /// Gives the space of a range back. On the writing thread.
  void punch(std::uint64_t offset, std::uint64_t size);
  /// Reads up to `size` bytes to the back of `into`; an error only if there were none.
  boost::system::error_code read(ChainedBuffer& into, std::uint64_t offset, std::uint64_t size, SpillFile::Wait wait);

  // Everywhere.
  SpillSpace& space;
  std::atomic<std::uint64_t> written{0};  // Bytes that may be read.
  std::atomic<std::uint64_t> charged{0};  // Of the budget's disk.
  std::atomic<bool> wanted{false};        // The buffer waits for `written` to grow.
  std::atomic<bool> abandoned{false};     // Nobody will read any more.
  std::atomic<bool> may_punch{true};

  // The writing thread, until `written` is not 0; then it does not change.
  std::unique_ptr<SpillFile> file;

  // The writing thread.
  boost::system::error_code failure;
};

}  // namespace kismet
