#include "external/supervisor.h"

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <optional>

#include "external/cgroup.h"
#include "external/exit_hints.h"
#include "external/launch.h"

namespace kismet {

namespace {

/// Whether the same start may well work later, with nobody changing anything.
bool is_passing(const boost::system::error_code& code) {
  switch (code.value()) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ETXTBSY:
    case EINTR:
    case EIO:
      return true;
    default:
      return false;
  }
}

/// The control group that `definition` needs, or nothing; `problem` says why it cannot be had.
std::optional<Cgroup> make_cgroup(const HelperDefinition& definition, const std::string& parent, std::string& problem) {
  Cgroup::Limits limits;
  if (definition.group_limits.memory)
    limits.emplace_back("memory.max", std::to_string(*definition.group_limits.memory));
  if (definition.group_limits.processes) {
    limits.emplace_back("pids.max", std::to_string(*definition.group_limits.processes));
  }
  if (!parent.empty()) return Cgroup::make(parent, definition.name, limits, problem);
  if (!limits.empty()) problem = "limits on all its processes together need a control group (helper_cgroup)";
  return std::nullopt;
}

}  // namespace

Supervisor::Supervisor(Loop& loop, HelperDefinition definition, Parts parts)
    : loop_(loop),
      definition_(std::move(definition)),
      parts_(std::move(parts)),
      policy_(definition_.restart, definition_.enabled, parts_.settings.restart),
      delay_(loop.deadlines(), [this] { act(decide(HelperEvent::delay_over)); }),
      tasks_(loop.get_executor(), [this](const std::string& task, const std::string& what) {
        parts_.messages.error("a task failed: " + task + ": " + what);
        gone_wrong(what);
      }) {
  known_.name = definition_.name;
  known_.state_since = loop.clock().wall_now();
}

Supervisor::~Supervisor() = default;

void Supervisor::start() {
  assert_on(loop_);
  act(decide(HelperEvent::start));
}

void Supervisor::restart() {
  assert_on(loop_);
  stop_reason_ = "restarted";
  act(decide(HelperEvent::restart));
}

void Supervisor::request_stop(std::string_view reason) {
  assert_on(loop_);
  stop_reason_ = reason;
  const HelperState before = state();
  const RestartPolicy::Decision decision = decide(HelperEvent::stop);
  act(decision);
  if (decision.state == HelperState::stopped && before != HelperState::stopped) {
    tell(HelperChange::Kind::stopped, "stopped");
  }
}

Task<void> Supervisor::stopped() {
  return tasks_.drained();
}

HelperSession* Supervisor::session() const {
  return run_ ? run_->session() : nullptr;
}

HelperSnapshot Supervisor::snapshot() const {
  HelperSnapshot now = known_;
  now.state = policy_.state();
  now.attempts = policy_.attempts();
  if (!run_) return now;
  now.pid = run_->pid();
  now.counters = run_->counters();
  now.output_lines += run_->output_lines();
  now.requests_total += now.counters.requests;
  now.silent = run_->silent();
  if (const HelperSession* open = run_->session()) {
    now.generation = open->generation();
    now.round_trip = open->round_trip();
    now.open_exchanges = open->open_exchanges();
  }
  return now;
}

RestartPolicy::Decision Supervisor::decide(HelperEvent event) {
  const HelperState before = policy_.state();
  const RestartPolicy::Decision decision = policy_.on(event, loop_.clock().now(), parts_.random());
  if (decision.state != before) known_.state_since = loop_.clock().wall_now();
  return decision;
}

void Supervisor::act(const RestartPolicy::Decision& decision) {
  if (decision.state != HelperState::backing_off) delay_.clear();
  switch (decision.action) {
    case HelperAction::none:
      break;
    case HelperAction::spawn:
      end_wanted_ = false;
      tasks_.spawn("helper " + name(), live());
      break;
    case HelperAction::wait:
      delay_.set(decision.delay);
      break;
    case HelperAction::end:
      tell(HelperChange::Kind::stopping, stop_reason_);
      end_wanted_ = true;
      if (run_) run_->stop(stop_reason_);
      break;
  }
}

Task<void> Supervisor::live() {
  auto launch = make_launch(definition_, parts_.environment, parts_.settings.env);
  if (!launch) {
    could_not_start(HelperEvent::not_found, launch.error().text, {});
    co_return;
  }
  launch->pipe_size = parts_.settings.pipe_size;
  known_.path = launch->path;
  std::string problem;
  const std::optional<Cgroup> cgroup = make_cgroup(definition_, parts_.settings.cgroup, problem);
  if (!problem.empty()) {
    could_not_start(HelperEvent::not_found, problem, {});
    co_return;
  }
  launch->cgroup = cgroup ? cgroup->procs() : -1;
  SpawnResult child = co_await parts_.spawn(loop_, *launch);
  if (!child) {
    const SpawnError error = child.error();
    could_not_start(is_passing(error.code) ? HelperEvent::spawn_failed : HelperEvent::not_found,
                    launch->path + ": " + error.text(), spawn_hint(error, *launch));
    co_return;
  }
  const ::pid_t pid = child->pid;
  HelperRun::Parts parts{
      parts_.services, parts_.messages, parts_.settings, parts_.guardian, cgroup ? &*cgroup : nullptr, {}};
  parts.on_exception = [this](const std::string& task, const std::string& what) {
    parts_.messages.error("a task failed: " + task + ": " + what);
  };
  auto on_spoke = [this] {
    act(decide(HelperEvent::spoke));
    if (state() != HelperState::ready) return;
    known_.ever_ready = true;
    tell(HelperChange::Kind::ready, "is ready");
  };
  try {
    run_ = std::make_unique<HelperRun>(loop_, parts, definition_, std::move(*child), std::move(on_spoke));
  } catch (
      const boost::system::system_error& error) {  // The kernel watches no more descriptors; the process has ended.
    could_not_start(HelperEvent::spawn_failed, launch->path + ": it cannot be watched: " + error.code().message(), {});
    co_return;
  }
  ++known_.starts;
  known_.started_at = loop_.clock().wall_now();
  post(Severity::info, "started as process " + std::to_string(pid));
  tell(HelperChange::Kind::started, "started as process " + std::to_string(pid));
  if (end_wanted_) run_->stop(stop_reason_);
  const RunEnd end = co_await run_->run();
  run_.reset();
  ran(pid, end);
}

/// live() has ended as it never should: what it had started has ended with it, and what was waited for does not come.
void Supervisor::gone_wrong(const std::string& what) {
  run_.reset();
  could_not_start(HelperEvent::spawn_failed, "the daemon failed: " + what, {});
}

void Supervisor::could_not_start(HelperEvent event, std::string reason, std::string hint) {
  failed(event, report_on_start(definition_, std::move(reason), std::move(hint), loop_.clock().wall_now()));
}

void Supervisor::ran(::pid_t pid, const RunEnd& end) {
  known_.counters = end.counters;
  known_.last_exit = exit_text(end);
  last_output_ = end.output;
  known_.output_lines += end.output_lines;
  known_.requests_total += end.counters.requests;
  if (end.clean()) {
    settle(HelperEvent::exited_clean, Severity::info, summary_of(end));
  } else if (end.fault.empty() && end.exit.status.code(parts_.settings.restart.stay_down_code)) {
    settle(HelperEvent::exited_stay_down, Severity::info, summary_of(end));
  } else if (end.asked) {
    settle(HelperEvent::exited_failed, Severity::info, summary_of(end));
  } else {
    failed(HelperEvent::exited_failed, report_on_run(definition_, pid, end, loop_.clock().wall_now()));
  }
}

void Supervisor::failed(HelperEvent event, HelperReport report) {
  ++known_.failures;
  known_.last_report = std::make_shared<const HelperReport>(std::move(report));
  settle(event, Severity::error, known_.last_report->message());
}

void Supervisor::settle(HelperEvent event, Severity severity, std::string text) {
  const RestartPolicy::Decision decision = decide(event);
  std::string next;
  HelperChange::Kind kind = HelperChange::Kind::restarting;
  switch (decision.state) {
    case HelperState::backing_off:
      next = "starting it again in " + in_seconds(decision.delay);
      break;
    case HelperState::starting:
      next = "starting it again";
      break;
    case HelperState::failed:
      kind = HelperChange::Kind::failed;
      next = decision.gave_up ? "given up after " + std::to_string(policy_.attempts()) + " restarts in a row"
                              : "it stays down";
      break;
    default:
      kind = HelperChange::Kind::stopped;
      break;
  }
  post(severity, next.empty() ? text : text + "; " + next);
  tell(HelperChange::Kind::exited, std::move(text));
  tell(kind, next.empty() ? "stopped" : next, decision.delay);
  act(decision);
}

void Supervisor::tell(HelperChange::Kind kind, std::string text, std::chrono::milliseconds delay) {
  if (on_change_) on_change_(*this, {kind, std::move(text), delay});
}

void Supervisor::post(Severity severity, std::string_view text) {
  parts_.messages.post(severity, "kismet", "helper " + name() + ": " + std::string(text));
}

}  // namespace kismet
