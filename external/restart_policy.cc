#include "external/restart_policy.h"

#include <algorithm>

namespace kismet {

namespace {

constexpr std::size_t kMostDoublings = 20;  // Beyond any sensible longest_delay.

bool is_exit(HelperEvent event) {
  return event == HelperEvent::exited_clean || event == HelperEvent::exited_failed ||
         event == HelperEvent::exited_stay_down;
}

bool is_end(HelperEvent event) {
  return is_exit(event) || event == HelperEvent::not_found || event == HelperEvent::spawn_failed;
}

}  // namespace

std::string_view to_string(HelperState state) {
  switch (state) {
    case HelperState::configured:
      return "configured";
    case HelperState::starting:
      return "starting";
    case HelperState::ready:
      return "ready";
    case HelperState::backing_off:
      return "backing_off";
    case HelperState::stopping:
      return "stopping";
    case HelperState::stopped:
      return "stopped";
    case HelperState::failed:
      return "failed";
    case HelperState::disabled:
      return "disabled";
    case HelperState::waiting:
      return "waiting";
    case HelperState::gone:
      return "gone";
  }
  return "unknown";
}

std::string_view to_string(HelperEvent event) {
  switch (event) {
    case HelperEvent::start:
      return "start";
    case HelperEvent::stop:
      return "stop";
    case HelperEvent::restart:
      return "restart";
    case HelperEvent::spoke:
      return "spoke";
    case HelperEvent::not_found:
      return "not_found";
    case HelperEvent::spawn_failed:
      return "spawn_failed";
    case HelperEvent::exited_clean:
      return "exited_clean";
    case HelperEvent::exited_failed:
      return "exited_failed";
    case HelperEvent::exited_stay_down:
      return "exited_stay_down";
    case HelperEvent::delay_over:
      return "delay_over";
  }
  return "unknown";
}

RestartPolicy::RestartPolicy(RestartMode mode, bool enabled, const RestartSettings& settings)
    : mode_(mode), settings_(settings), state_(enabled ? HelperState::configured : HelperState::disabled) {}

RestartPolicy::Decision RestartPolicy::on(HelperEvent event, SteadyTime now, double random) {
  if (is_exit(event) || event == HelperEvent::spoke) ever_ran_ = true;
  switch (state_) {
    case HelperState::configured:
    case HelperState::stopped:
    case HelperState::failed:
    case HelperState::disabled:
    case HelperState::waiting:
    case HelperState::gone:
      return while_down(event, now);
    case HelperState::backing_off:
      return while_backing_off(event, now);
    case HelperState::starting:
    case HelperState::ready:
      return while_up(event, now, random);
    case HelperState::stopping:
      return while_stopping(event, now);
  }
  return go(state_);
}

RestartPolicy::Decision RestartPolicy::go(HelperState state, HelperAction action) {
  state_ = state;
  return {state, action};
}

RestartPolicy::Decision RestartPolicy::while_down(HelperEvent event, SteadyTime now) {
  if (event == HelperEvent::start || event == HelperEvent::restart) return begin_afresh(now);
  if (event == HelperEvent::stop && state_ == HelperState::configured) return go(HelperState::stopped);
  return go(state_);
}

RestartPolicy::Decision RestartPolicy::while_backing_off(HelperEvent event, SteadyTime now) {
  if (event == HelperEvent::start || event == HelperEvent::restart) return begin_afresh(now);
  if (event == HelperEvent::delay_over) return spawn(now);
  if (event == HelperEvent::stop) return go(HelperState::stopped);
  return go(state_);
}

RestartPolicy::Decision RestartPolicy::while_up(HelperEvent event, SteadyTime now, double random) {
  if (is_end(event)) return ended(event, now, random);
  if (event == HelperEvent::spoke) return go(HelperState::ready);
  if (event == HelperEvent::stop || event == HelperEvent::restart) {
    restart_wanted_ = event == HelperEvent::restart;
    return go(HelperState::stopping, HelperAction::end);
  }
  return go(state_);
}

RestartPolicy::Decision RestartPolicy::while_stopping(HelperEvent event, SteadyTime now) {
  if (is_end(event)) return restart_wanted_ ? begin_afresh(now) : go(HelperState::stopped);
  if (event == HelperEvent::start || event == HelperEvent::restart) restart_wanted_ = true;
  if (event == HelperEvent::stop) restart_wanted_ = false;
  return go(state_);
}

RestartPolicy::Decision RestartPolicy::begin_afresh(SteadyTime now) {
  attempts_ = 0;
  restarts_.clear();
  return spawn(now);
}

RestartPolicy::Decision RestartPolicy::spawn(SteadyTime now) {
  restart_wanted_ = false;
  spawned_at_ = now;
  return go(HelperState::starting, HelperAction::spawn);
}

RestartPolicy::Decision RestartPolicy::ended(HelperEvent event, SteadyTime now, double random) {
  if (is_exit(event) && now - spawned_at_ >= settings_.healthy_period) {
    attempts_ = 0;
    restarts_.clear();
  }
  const bool clean = event == HelperEvent::exited_clean;
  if (event == HelperEvent::exited_stay_down) return go(HelperState::stopped);
  if (event == HelperEvent::not_found && !ever_ran_) return go(HelperState::failed);
  if (mode_ == RestartMode::never) return go(clean ? HelperState::stopped : HelperState::failed);
  if (mode_ == RestartMode::on_failure && clean) return go(HelperState::stopped);
  return back_off(now, random);
}

RestartPolicy::Decision RestartPolicy::back_off(SteadyTime now, double random) {
  while (!restarts_.empty() && now - restarts_.front() >= settings_.burst_period) restarts_.pop_front();
  if (settings_.burst_limit > 0 && restarts_.size() >= settings_.burst_limit) {
    Decision decision = go(HelperState::failed);
    decision.gave_up = true;
    return decision;
  }
  if (settings_.burst_limit > 0) restarts_.push_back(now);
  const auto doubled = settings_.first_delay * (std::int64_t{1} << std::min(attempts_, kMostDoublings));
  const double delay = static_cast<double>(std::min(doubled, settings_.longest_delay).count());
  ++attempts_;
  Decision decision = go(HelperState::backing_off, HelperAction::wait);
  decision.delay =
      std::chrono::milliseconds(static_cast<std::int64_t>(delay * (1 + settings_.jitter * (2 * random - 1))));
  return decision;
}

}  // namespace kismet
