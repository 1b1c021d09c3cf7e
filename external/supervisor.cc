#include "external/supervisor.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>

#include "base/wakeup.h"
#include "external/exit_hints.h"
#include "external/launch.h"

namespace kismet {

namespace {

constexpr std::chrono::milliseconds kIdleCheck{50};

std::string in_seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", std::chrono::duration<double>(time).count());
  return text;
}

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

struct Hop {
  explicit Hop(Launch what, Executor executor) : launch(std::move(what)), done(executor) {}
  Launch launch;
  Wakeup done;
  std::optional<SpawnResult> result;
};

Task<SpawnResult> spawn_from(Loop& first, Loop& here, Launch launch) {
  if (&first == &here) co_return spawn(launch);
  const auto hop = std::make_shared<Hop>(std::move(launch), here.get_executor());
  auto work = [hop] {
    hop->result = spawn(hop->launch);
    net::post(hop->done.get_executor(), [hop] { hop->done.notify(); });
  };
  net::post(first.get_executor(), std::move(work));
  co_await hop->done.wait();
  co_return std::move(*hop->result);
}

std::string session_text(const SessionEnd& end) {
  switch (end.kind) {
    case SessionEnd::Kind::shutdown_by_helper:
      return "it said SHUTDOWN: " + end.detail;
    case SessionEnd::Kind::protocol_error:
    case SessionEnd::Kind::unresponsive:
    case SessionEnd::Kind::closed:
    case SessionEnd::Kind::stopped:
      break;
  }
  return end.detail;
}

/// "exit code 1 after 3.2 s".
std::string exit_text(const RunEnd& end) {
  return end.exit.status.text() + " after " + in_seconds(end.ran_for);
}

std::string summary(const RunEnd& end) {
  std::string text = end.fault.empty() ? "ended with " + exit_text(end) : end.fault + "; ended with " + exit_text(end);
  if (!end.asked && end.fault.empty() && end.session.kind == SessionEnd::Kind::shutdown_by_helper) {
    text += ", as it announced: " + end.session.detail;
  }
  if (end.forced == SIGKILL) text += " (it ignored SIGTERM)";
  if (end.forced == SIGTERM && end.fault.empty())
    text += end.asked ? " (it ignored SHUTDOWN)" : " (it did not end by itself)";
  return text;
}

}  // namespace

SpawnFunction spawn_on(Loop& first) {
  return [&first](Loop& here, Launch launch) { return spawn_from(first, here, std::move(launch)); };
}

Supervisor::Supervisor(Loop& loop, HelperDefinition definition, Parts parts)
    : loop_(loop),
      definition_(std::move(definition)),
      parts_(std::move(parts)),
      policy_(definition_.restart, definition_.enabled, parts_.settings.restart),
      delay_(loop.deadlines(), [this] { act(decide(HelperEvent::delay_over)); }),
      idle_check_(loop.deadlines(), [this] { check_idle(); }),
      tasks_(loop.get_executor(), [this](const std::string& task, const std::string& what) {
        parts_.messages.error("a task failed: " + task + ": " + what);
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
  idle_check_.clear();
  const HelperState before = state();
  const RestartPolicy::Decision decision = decide(HelperEvent::stop);
  act(decision);
  if (decision.state == HelperState::stopped && before != HelperState::stopped) {
    tell(HelperChange::Kind::stopped, "stopped");
  }
}

void Supervisor::stop_when_idle(std::chrono::milliseconds limit) {
  assert_on(loop_);
  idle_until_ = loop_.clock().now() + limit;
  check_idle();
}

void Supervisor::check_idle() {
  const HelperSession* open = session();
  if (!open || open->open_exchanges() == 0 || loop_.clock().now() >= idle_until_) {
    request_stop("replaced");
  } else {
    idle_check_.set(kIdleCheck);
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
  SpawnResult child = co_await parts_.spawn(loop_, *launch);
  if (!child) {
    const SpawnError error = child.error();
    could_not_start(is_passing(error.code) ? HelperEvent::spawn_failed : HelperEvent::not_found,
                    launch->path + ": " + error.text(), spawn_hint(error, *launch));
    co_return;
  }
  const ::pid_t pid = child->pid;
  HelperRun::Parts parts{parts_.services, parts_.messages, parts_.settings, parts_.guardian, {}};
  parts.on_exception = [this](const std::string& task, const std::string& what) {
    parts_.messages.error("a task failed: " + task + ": " + what);
  };
  auto on_spoke = [this] {
    act(decide(HelperEvent::spoke));
    if (state() == HelperState::ready) tell(HelperChange::Kind::ready, "is ready");
  };
  run_ = std::make_unique<HelperRun>(loop_, parts, definition_, std::move(*child), std::move(on_spoke));
  ++known_.starts;
  known_.started_at = loop_.clock().wall_now();
  post(Severity::info, "started as process " + std::to_string(pid));
  tell(HelperChange::Kind::started, "started as process " + std::to_string(pid));
  if (end_wanted_) run_->stop(stop_reason_);
  RunEnd end = co_await run_->run();
  run_.reset();
  ran(pid, std::move(end));
}

void Supervisor::could_not_start(HelperEvent event, std::string reason, std::string hint) {
  auto report = std::make_shared<HelperReport>();
  report->time = loop_.clock().wall_now();
  report->summary = "cannot be started: " + reason;
  report->hint = std::move(hint);
  known_.last_report = report;
  ++known_.failures;
  std::string text = report->summary;
  if (!definition_.defined_at.empty()) text += " (" + definition_.defined_at + ")";
  if (!report->hint.empty()) text += "; hint: " + report->hint;
  settle(event, Severity::error, std::move(text));
}

void Supervisor::ran(::pid_t pid, RunEnd end) {
  known_.counters = end.counters;
  known_.last_exit = exit_text(end);
  HelperEvent event = end.clean() ? HelperEvent::exited_clean : HelperEvent::exited_failed;
  if (end.fault.empty() && end.exit.status.code(parts_.settings.restart.stay_down_code)) {
    event = HelperEvent::exited_stay_down;
  }
  std::string text = summary(end);
  if (event != HelperEvent::exited_failed || end.asked) {
    settle(event, Severity::info, std::move(text));
    return;
  }
  auto report = std::make_shared<HelperReport>();
  report->time = loop_.clock().wall_now();
  report->pid = pid;
  report->ran_for = end.ran_for;
  report->summary = text;
  report->exit = end.exit.status.text();
  report->session = session_text(end.session);
  report->hint = exit_hint(end.exit.status, end.output, definition_.limits);
  report->output.assign(end.output.begin(), end.output.end());
  report->use = end.exit.use;
  known_.last_report = report;
  ++known_.failures;
  text += ", " + end.exit.use.text();
  if (!report->hint.empty()) text += "; hint: " + report->hint;
  if (!end.output.empty()) text += "; it said last: " + end.output.back();
  settle(event, Severity::error, std::move(text));
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
