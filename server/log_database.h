#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "base/wakeup.h"
#include "base/worker.h"
#include "eventbus/event_bus.h"
#include "msgbus/message_bus.h"
#include "server/log_queue.h"
#include "server/log_writer.h"

namespace kismet {

/// What goes into the log, and its limits. Each is a setting.
struct LogSettings {
  bool messages = true;
  bool alerts = true;
  bool events = false;                              // All events, in a table of their own.
  std::chrono::seconds snapshot_interval{30};       // Between two snapshots of the status; 0 = none.
  std::chrono::seconds message_timeout{0};          // Age at which messages are deleted; 0 = never.
  std::chrono::milliseconds batch_interval{500};    // The longest that an entry waits, and what a crash may cost.
  std::size_t batch_bytes = 1024 * 1024;            // Bytes that are written at a time.
  std::size_t queue_bytes = 8 * 1024 * 1024;        // Bytes that may wait; then the oldest entries are lost.
  std::chrono::milliseconds retry_interval{5'000};  // After a failure, before the next try; twice as long each time,
  std::chrono::milliseconds retry_limit{60'000};    // up to this.
};

/// The log database: gathers messages, alerts, events and snapshots, and has them written in batches on a thread of its
/// own. A disk that is full or a file that is broken is told once, tried again, and told again when writing goes on.
/// Thread rule: all members run on `loop`, but for sink() and is_writing(), which are safe everywhere.
/// Owned by the composition root, which, once it has started it, awaits stop() before it destroys it.
class LogDatabase {
 public:
  /// `worker` writes; it should be no other's. `snapshot` tells the status as JSON.
  LogDatabase(Loop& loop, Worker& worker, EventBus& events, MessageBus& messages, LogWriter writer,
              std::function<std::string()> snapshot, const LogSettings& settings);
  LogDatabase(const LogDatabase&) = delete;
  LogDatabase& operator=(const LogDatabase&) = delete;

  /// Add it to the message bus before the first message.
  MessageBus::Sink sink() const;
  void start();
  /// Writes what waits, once, and closes the log.
  Task<void> stop();
  /// Whether the last try to write succeeded.
  bool is_writing() const { return writing_; }

 private:
  /// What one turn of the writer came to.
  struct Turn {
    std::string failure;  // Why nothing was written; empty if it was.
    std::string opened;   // The log that was opened for it, if it was not open before.
    std::uint64_t lost = 0;
  };

  Task<void> run();
  Turn write_some(std::optional<WallTime> purge_before);
  void conclude(const Turn& turn);
  void on_event(const EventPtr& event);
  void tick();
  void take_snapshot();
  void rest();
  bool purges() const { return settings_.message_timeout.count() > 0; }
  std::optional<WallTime> purge_due();

  Loop& loop_;
  Worker& worker_;
  EventBus& events_;
  MessageBus& messages_;
  const std::function<std::string()> snapshot_;
  const LogSettings settings_;

  // Shared with the sink, which may outlive this.
  const std::shared_ptr<LogQueue> queue_{std::make_shared<LogQueue>(settings_.queue_bytes)};
  std::atomic<bool> writing_{false};

  // On the worker, one turn at a time.
  LogWriter writer_;
  std::vector<LogEntry> batch_;  // What is being written, or waits to be tried again.

  std::chrono::milliseconds interval_ = settings_.batch_interval;
  std::uint64_t lost_ = 0;  // Since the log was last written.
  bool failing_ = false;
  bool stopping_ = false;
  SteadyTime next_snapshot_{};
  SteadyTime next_purge_{};
  Wakeup wakeup_{loop_.get_executor()};
  Deadline timer_{loop_.deadlines(), [this] { tick(); }};
  TaskGroup tasks_;
  Subscription subscription_;
};

}  // namespace kismet
