#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/helper_definition.h"
#include "external/helper_report.h"
#include "external/helper_run.h"
#include "external/helper_services.h"
#include "external/restart_policy.h"
#include "external/spawn_on.h"
#include "external/supervisor_settings.h"
#include "msgbus/message_bus.h"

namespace kismet {

class Guardian;

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
  std::string path;          // Of the program, once it was found.
  ::pid_t pid = 0;           // 0 while it does not run.
  WallTime started_at;       // Of the running, or last, process.
  std::uint64_t starts = 0;  // Since the daemon's start.
  std::uint64_t failures = 0;
  bool ever_ready = false;      // It was ready once.
  bool silent = false;          // It runs, but has not spoken in its time, and need not.
  std::size_t attempts = 0;     // Restarts in a row without a healthy run.
  std::string last_exit;        // "exit code 0 after 3.2 s"; empty before its first end.
  HelperReportPtr last_report;  // Of its last failure, or null.
  // The session of the running process; of the last one where it is over.
  std::string generation;  // "v0", "v2", "v3"; empty before the first frame.
  std::chrono::microseconds round_trip{0};
  std::size_t open_exchanges = 0;
  SessionCounters counters;
};

/// Keeps one helper as its definition wants it: starts it, speaks with it through a session, restarts it by its policy,
/// ends it in order, and says what happens. Messages go to the message bus; `on_change` is for events and metrics.
/// Thread rule: all members run on loop(), but for name() and definition().
/// Owned by the composition root, which calls request_stop() and awaits stopped() before it destroys it.
class Supervisor {
 public:
  struct Parts {
    HelperServices& services;
    MessageBus& messages;
    SupervisorSettings settings;
    SpawnFunction spawn;
    const Guardian* guardian = nullptr;    // Outlives the supervisor.
    std::vector<std::string> environment;  // Inherited by the helper: current_environment(), taken once at start.
    std::function<double()> random;        // In [0, 1).
  };
  using OnChange = std::function<void(const Supervisor& helper, const HelperChange& change)>;

  Supervisor(Loop& loop, HelperDefinition definition, Parts parts);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Set it before start().
  void on_change(OnChange callback) { on_change_ = std::move(callback); }

  void start();
  /// Ends it in order; it stays down until start() or restart().
  void request_stop(std::string_view reason = "stopped");
  void restart();
  /// request_stop() once no request is open, or after `limit`.
  void stop_when_idle(std::chrono::milliseconds limit);
  /// After request_stop(): returns once no process of it runs and none will be started.
  Task<void> stopped();

  HelperState state() const { return policy_.state(); }
  HelperSnapshot snapshot() const;
  /// What it said last, oldest line first; of the last process where none runs.
  const std::deque<std::string>& output() const { return run_ ? run_->output() : last_output_; }
  /// Null while it has none.
  HelperSession* session() const;
  Loop& loop() const { return loop_; }
  const std::string& name() const { return definition_.name; }
  const HelperDefinition& definition() const { return definition_; }

 private:
  RestartPolicy::Decision decide(HelperEvent event);
  void act(const RestartPolicy::Decision& decision);
  Task<void> live();
  void could_not_start(HelperEvent event, std::string reason, std::string hint);
  void ran(::pid_t pid, const RunEnd& end);
  void failed(HelperEvent event, HelperReport report);
  void settle(HelperEvent event, Severity severity, std::string text);
  void check_idle();
  void tell(HelperChange::Kind kind, std::string text, std::chrono::milliseconds delay = {});
  void post(Severity severity, std::string_view text);

  Loop& loop_;
  HelperDefinition definition_;
  Parts parts_;
  RestartPolicy policy_;
  OnChange on_change_;

  std::unique_ptr<HelperRun> run_;
  std::string stop_reason_;
  bool end_wanted_ = false;  // Asked to end while its program was being started.
  SteadyTime idle_until_{};
  HelperSnapshot known_;  // What does not come from run_ and policy_.
  std::deque<std::string> last_output_;

  Deadline delay_;
  Deadline idle_check_;
  TaskGroup tasks_;
};

}  // namespace kismet
