#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "server/log_entry.h"

namespace kismet {

/// What waits to be written to the log. When it is full, the oldest is lost and counted.
/// Thread rule: all members are safe everywhere and do not wait. Owned by the LogDatabase.
class LogQueue {
 public:
  explicit LogQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// `callback` is called on the pushing thread whenever the queue is no longer empty, and does not block. Null: nobody
  /// wants to know.
  void on_waiting(std::function<void()> callback);
  /// True once each time the queue has become half full: it should be written soon.
  bool push(LogEntry entry);
  /// Takes the oldest entries, at most about so many bytes.
  std::vector<LogEntry> take(std::size_t bytes);
  bool empty() const;
  /// Entries lost since the last call.
  std::uint64_t take_lost();

 private:
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::deque<LogEntry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  std::function<void()> on_waiting_;
};

}  // namespace kismet
