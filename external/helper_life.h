#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/helper_definition.h"
#include "external/helper_report.h"
#include "external/helper_session.h"
#include "external/restart_policy.h"

namespace kismet {

/// What just happened to a helper.
struct HelperChange {
  enum class Kind : std::uint8_t { started, ready, exited, restarting, stopping, stopped, failed } kind;
  std::string text;                    // For people; it has been posted as a message, or is part of one.
  std::chrono::milliseconds delay{0};  // restarting: until the next start.
};

/// What there is to know about a helper at one moment.
struct HelperSnapshot {
  std::string name;
  HelperState state = HelperState::configured;
  WallTime state_since;
  std::string path;                // Of the program, once it was found.
  ::pid_t pid = 0;                 // 0 while it does not run, or runs elsewhere.
  std::string transport = "pipe";  // "pipe", "tcp", "tls", "websocket": how it is connected, or was or may be.
  std::string peer;                // Address of one that is connected from elsewhere; empty while it is not.
  WallTime started_at;             // Of the running, or last, process or connection.
  std::uint64_t starts = 0;        // Since the daemon's start.
  std::uint64_t failures = 0;
  bool ever_ready = false;           // It was ready once.
  bool silent = false;               // It runs, but has not spoken in its time, and need not.
  std::size_t attempts = 0;          // Restarts in a row without a healthy run.
  std::string last_exit;             // "exit code 0 after 3.2 s"; empty before its first end.
  HelperReportPtr last_report;       // Of its last failure, or null.
  std::uint64_t requests_total = 0;  // That it was sent since the daemon's start.
  std::uint64_t output_lines = 0;    // That it has said since the daemon's start: the number of the last of output().
  // The session of the running process; of the last one where it is over.
  std::string generation;  // "v0", "v2", "v3"; empty before the first frame.
  std::chrono::microseconds round_trip{0};
  std::size_t open_exchanges = 0;
  SessionCounters counters;
};

/// One helper through all its comings and goings, whether the daemon starts it (Supervisor) or it connects by itself
/// (RemoteHelper).
/// Thread rule: all members run on loop(), but for name() and definition().
/// Owned by the composition root, which calls request_stop() and awaits stopped() before it destroys it.
class HelperLife {
 public:
  using OnChange = std::function<void(const HelperLife& helper, const HelperChange& change)>;

  virtual ~HelperLife() = default;

  /// Set it before start().
  virtual void on_change(OnChange callback) = 0;

  virtual void start() = 0;
  /// Ends it in order; it stays down until start() or restart().
  virtual void request_stop(std::string_view reason) = 0;
  virtual void restart() = 0;
  /// After request_stop(): returns once nothing of it runs and nothing will be started.
  virtual Task<void> stopped() = 0;

  virtual HelperState state() const = 0;
  virtual HelperSnapshot snapshot() const = 0;
  /// What it said last, oldest line first; of the last run where it does not run.
  virtual const std::deque<std::string>& output() const = 0;
  /// Null while it has none.
  virtual HelperSession* session() const = 0;
  virtual Loop& loop() const = 0;
  virtual const std::string& name() const = 0;
  virtual const HelperDefinition& definition() const = 0;
};

}  // namespace kismet
