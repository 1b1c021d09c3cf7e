#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/child_process.h"
#include "external/helper_definition.h"
#include "external/helper_services.h"
#include "external/helper_session.h"
#include "external/output_reader.h"
#include "external/spawn.h"
#include "external/supervisor_settings.h"
#include "msgbus/message_bus.h"

namespace kismet {

class Cgroup;
class Guardian;

/// How one run of a helper's program ended.
struct RunEnd {
  Exit exit;
  SteadyTime ended{};
  std::chrono::milliseconds ran_for{0};
  bool asked = false;              // stop() was called.
  std::string fault;               // Why it was ended by us without being asked, for people; empty if it was not.
  int forced = 0;                  // The last signal that was sent to end it: SIGTERM, SIGKILL, or 0.
  SessionEnd session;              // How its session ended.
  SessionCounters counters;        // What its session had counted.
  std::vector<FrameNote> frames;   // Its last frames, oldest first.
  std::deque<std::string> output;  // Its last lines.
  std::uint64_t output_lines = 0;  // How many it said in all.

  /// Whether it ended by itself, or as asked, with nothing wrong.
  bool clean() const { return fault.empty() && exit.status.success(); }
};

/// One run of a helper's program, from exec to reaping: the child, the session over its pipes, and its output. The
/// process decides: when it has ended, so has the run, whoever may still hold its pipes; and when the session is over,
/// the process is ended.
/// Thread rule: all members run on `loop`. Owned by the supervisor, which awaits run() and destroys it after that.
class HelperRun {
 public:
  struct Parts {
    HelperServices& services;
    MessageBus& messages;
    const SupervisorSettings& settings;
    const Guardian* guardian = nullptr;
    const Cgroup* cgroup = nullptr;  // Where its processes are, if anywhere.
    TaskGroup::OnException on_exception;
  };

  /// `on_spoke` is called at the first good frame.
  HelperRun(Loop& loop, const Parts& parts, const HelperDefinition& definition, Spawned child,
            std::function<void()> on_spoke);

  Task<RunEnd> run();
  /// Asks it to end: SHUTDOWN and end-of-file on its input, after a grace SIGTERM, after another SIGKILL.
  void stop(std::string_view reason);

  ::pid_t pid() const { return child_.pid(); }
  /// Null once the session is over.
  HelperSession* session() { return session_.get(); }
  SessionCounters counters() const { return session_ ? session_->counters() : counters_; }
  /// Its last lines, oldest first.
  const std::deque<std::string>& output() const { return log_.last(); }
  /// How many lines it has said in all.
  std::uint64_t output_lines() const { return log_.lines(); }
  /// Whether its time for a first good frame has passed without one, and it is waited for all the same.
  bool silent() const { return silent_; }

 private:
  enum class Ending : std::uint8_t { no, asked, terminated, killed };

  Task<void> serve();
  void said(std::string_view line);
  void spoke();
  void kept_silent();
  void session_over();
  void end(Ending stage);
  void escalate();
  void give_up_pipes();

  Loop& loop_;
  MessageBus& messages_;
  const SupervisorSettings& settings_;
  const HelperDefinition& definition_;
  SessionSettings session_settings_;
  const Cgroup* cgroup_;
  std::chrono::milliseconds ready_timeout_;
  std::function<void()> on_spoke_;
  SteadyTime started_;

  ChildProcess child_;
  std::unique_ptr<HelperSession> session_;
  OutputLog log_;
  OutputReader output_;
  OutputReader errors_;

  Ending ending_ = Ending::no;
  bool asked_ = false;
  bool silent_ = false;
  std::string fault_;
  int forced_ = 0;
  SessionEnd session_end_;
  SessionCounters counters_;
  std::vector<FrameNote> frames_;

  Deadline ready_;    // The first good frame.
  Deadline stage_;    // The end, as asked.
  Deadline drained_;  // The pipes, after the end.
  Deadline flush_;    // The report on suppressed output.
  TaskGroup tasks_;
};

}  // namespace kismet
