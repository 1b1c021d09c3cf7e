#include "external/helper_run.h"

#include <csignal>
#include <utility>

#include "external/cgroup.h"
#include "external/helper_budgets.h"
#include "external/helper_report.h"
#include "external/pipe_transport.h"

namespace kismet {

namespace {

SessionSettings session_settings(const HelperDefinition& definition, SessionSettings settings) {
  settings.ping_interval = definition.ping_interval.value_or(settings.ping_interval);
  settings.ping_timeout = definition.ping_timeout.value_or(settings.ping_timeout);
  return with_budgets(definition, std::move(settings));
}

std::unique_ptr<Transport> make_transport(Loop& loop, Spawned& child) {
  return std::make_unique<PipeTransport>(loop.get_executor(), child.from_helper.release(), child.to_helper.release());
}

}  // namespace

HelperRun::HelperRun(Loop& loop, const Parts& parts, const HelperDefinition& definition, Spawned child,
                     std::function<void()> on_spoke)
    : loop_(loop),
      messages_(parts.messages),
      settings_(parts.settings),
      definition_(definition),
      session_settings_(session_settings(definition, parts.settings.session)),
      cgroup_(parts.cgroup),
      ready_timeout_(definition.ready_timeout.value_or(parts.settings.ready_timeout)),
      on_spoke_(std::move(on_spoke)),
      started_(loop.clock().now()),
      child_(loop.get_executor(), child.pid, std::move(child.pidfd), parts.guardian),
      session_(std::make_unique<HelperSession>(loop, make_transport(loop, child), parts.services, definition,
                                               session_settings_)),
      log_(loop.clock(), parts.settings.output,
           [this](std::string_view line) { messages_.post(Severity::info, definition_.name, line); }),
      output_(loop, std::move(child.output), parts.settings.output, [this](std::string_view line) { said(line); }),
      errors_(loop, std::move(child.errors), parts.settings.output, [this](std::string_view line) { said(line); }),
      ready_(loop.deadlines(), [this] { kept_silent(); }),
      stage_(loop.deadlines(), [this] { escalate(); }),
      drained_(loop.deadlines(), [this] { give_up_pipes(); }),
      flush_(loop.deadlines(), [this] { log_.flush(); }),
      tasks_(loop.get_executor(), parts.on_exception) {
  session_->on_first_frame([this] { spoke(); });
}

Task<RunEnd> HelperRun::run() {
  if (ready_timeout_.count() > 0) ready_.set(ready_timeout_);
  tasks_.spawn(definition_.name + ": session", serve());
  tasks_.spawn(definition_.name + ": standard output", output_.run());
  tasks_.spawn(definition_.name + ": standard error", errors_.run());
  RunEnd end;
  end.exit = co_await child_.exited();
  end.ended = loop_.clock().now();
  end.ran_for = std::chrono::duration_cast<std::chrono::milliseconds>(end.ended - started_);
  if (cgroup_) cgroup_->kill();  // What it has started ends with it, in whichever group or session.
  ready_.clear();
  stage_.clear();
  drained_.set(settings_.drain_timeout);
  co_await tasks_.drained();
  drained_.clear();
  log_.flush();
  end.asked = asked_;
  end.fault = fault_;
  end.forced = forced_;
  end.session = session_end_;
  end.counters = counters_;
  end.frames = frames_;
  end.output = log_.last();
  end.output_lines = log_.lines();
  co_return end;
}

Task<void> HelperRun::serve() {
  session_end_ = co_await session_->run();
  counters_ = session_->counters();
  frames_ = session_->last_frames();
  session_.reset();  // Its pipes close, so the helper sees end-of-file.
  session_over();
}

void HelperRun::said(std::string_view line) {
  log_.add(line);
  if (log_.suppressing() && !flush_.is_set()) flush_.set(std::chrono::seconds(1));
}

void HelperRun::spoke() {
  ready_.clear();
  silent_ = false;
  on_spoke_();
}

void HelperRun::kept_silent() {
  const std::string text = "has not sent a good frame for " + in_seconds(ready_timeout_);
  if (definition_.must_speak && ending_ == Ending::no) {
    fault_ = text;
    end(Ending::terminated);
  } else {
    silent_ = true;
    messages_.error("helper " + definition_.name + ": " + text + "; waiting on");
  }
}

void HelperRun::session_over() {
  if (ending_ != Ending::no) return;
  switch (session_end_.kind) {
    case SessionEnd::Kind::protocol_error:
      fault_ = "broke the protocol: " + session_end_.detail;
      break;
    case SessionEnd::Kind::unresponsive:
      fault_ = "no longer answers: " + session_end_.detail;
      break;
    case SessionEnd::Kind::over_budget:
      fault_ = session_end_.detail;
      break;
    default:
      if (session_end_.not_its_doing) fault_ = "was cut off: " + session_end_.detail;
      break;
  }
  if (!child_.reaped()) end(fault_.empty() ? Ending::asked : Ending::terminated);
}

void HelperRun::stop(std::string_view reason) {
  asked_ = true;
  if (ending_ != Ending::no || child_.reaped()) return;
  if (session_) session_->shutdown(reason);
  end(Ending::asked);
}

void HelperRun::end(Ending stage) {
  ending_ = stage;
  switch (stage) {
    case Ending::no:
      break;
    case Ending::asked:
      stage_.set(settings_.shutdown_grace);
      break;
    case Ending::terminated:
      forced_ = SIGTERM;
      if (session_) session_->close();
      child_.signal_group(SIGTERM);
      child_.signal_group(SIGCONT);  // A stopped process hears SIGTERM only when it goes on.
      stage_.set(settings_.terminate_grace);
      break;
    case Ending::killed:
      forced_ = SIGKILL;
      child_.signal_group(SIGKILL);
      break;
  }
}

void HelperRun::escalate() {
  end(ending_ == Ending::asked ? Ending::terminated : Ending::killed);
}

void HelperRun::give_up_pipes() {
  if (session_) session_->close();
  output_.close();
  errors_.close();
}

}  // namespace kismet
