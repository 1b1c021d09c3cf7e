#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "base/clock.h"
#include "external/helper_definition.h"

namespace kismet {

/// When a helper that ended is started again.
struct RestartSettings {
  std::chrono::milliseconds first_delay{500};  // Before the first restart; doubles with each in a row.
  std::chrono::milliseconds longest_delay{60'000};
  double jitter = 0.2;           // A delay varies by this fraction up and down, so that helpers spread.
  std::size_t burst_limit = 10;  // Restarts within burst_period, then it stays down; 0 = never.
  std::chrono::milliseconds burst_period{300'000};
  std::chrono::milliseconds healthy_period{60'000};  // After running so long, the next delay is the first again.
  int stay_down_code = 100;                          // The exit code with which a helper says: do not start me again.
};

enum class HelperState : std::uint8_t {
  configured,   // Known, not started yet.
  starting,     // Its program runs, or is about to; it has not spoken.
  ready,        // It has sent a good frame.
  backing_off,  // It ended, and waits for its next start.
  stopping,     // Asked to end.
  stopped,      // Ended in order, or by hand.
  failed,       // Ended, or never started, and is not tried again by itself.
  disabled,     // enabled=false: only started by hand.
  waiting,      // It connects by itself, and has not yet.
  gone,         // It had connected, was lost, and may come back.
};

std::string_view to_string(HelperState state);

enum class HelperEvent : std::uint8_t {
  start,             // Wanted, by the daemon's start or by hand.
  stop,              // Wanted to be down.
  restart,           // Wanted to end and to start again.
  spoke,             // First good frame.
  not_found,         // Its program cannot be run as things are: not found, not executable, no such user.
  spawn_failed,      // The system could not start it now: descriptors, memory, processes.
  exited_clean,      // Exit code 0, and nothing was wrong before.
  exited_failed,     // Anything else, a helper that had to be ended included.
  exited_stay_down,  // With the agreed exit code.
  delay_over,        // The wait before a restart has passed.
};

std::string_view to_string(HelperEvent event);

/// What the supervisor has to do now.
enum class HelperAction : std::uint8_t {
  none,
  spawn,  // Start the program.
  end,    // End the running program: SHUTDOWN, grace, SIGTERM, grace, SIGKILL.
  wait,   // Call back with delay_over after `delay`.
};

/// What a helper's supervisor does next, as a pure function of its state, the event and the time.
/// Thread rule: one thread at a time. Owned by the supervisor.
class RestartPolicy {
 public:
  struct Decision {
    HelperState state;
    HelperAction action = HelperAction::none;
    std::chrono::milliseconds delay{0};
    bool gave_up = false;  // Failed because of the burst limit.
  };

  RestartPolicy(RestartMode mode, bool enabled, const RestartSettings& settings);

  /// `random`: in [0, 1), for the jitter.
  Decision on(HelperEvent event, SteadyTime now, double random);
  HelperState state() const { return state_; }
  /// Restarts in a row without a healthy run between.
  std::size_t attempts() const { return attempts_; }

 private:
  Decision go(HelperState state, HelperAction action = HelperAction::none);
  Decision while_down(HelperEvent event, SteadyTime now);
  Decision while_backing_off(HelperEvent event, SteadyTime now);
  Decision while_up(HelperEvent event, SteadyTime now, double random);
  Decision while_stopping(HelperEvent event, SteadyTime now);
  Decision spawn(SteadyTime now);
  Decision begin_afresh(SteadyTime now);
  Decision ended(HelperEvent event, SteadyTime now, double random);
  Decision back_off(SteadyTime now, double random);

  RestartMode mode_;
  RestartSettings settings_;
  HelperState state_;
  SteadyTime spawned_at_{};
  bool ever_ran_ = false;        // It got past its exec once.
  bool restart_wanted_ = false;  // While stopping.
  std::size_t attempts_ = 0;
  std::deque<SteadyTime> restarts_;  // Within burst_period.
};

}  // namespace kismet
