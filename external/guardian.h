#pragma once

#include <sys/types.h>

#include <chrono>

#include "base/unique_fd.h"

namespace kismet {

/// A small process that outlives the daemon by a second at the most, to end the process groups of helpers that the
/// daemon could not: after `kill -9`, or a crash. The helpers themselves are killed by the kernel then (spawn.h); the
/// guardian ends what they have started, first with SIGTERM, then with SIGKILL. It is told of each group over a pipe
/// and learns of the daemon's end by that pipe's end-of-file. It has a session of its own, so that neither a terminal's
/// Ctrl-C nor a signal to the daemon's group reaches it.
/// Thread rule: watch() and forget() are safe everywhere. Made early in main(), while the daemon is small and has one
/// thread; owned by the composition root. Destroying it ends it, and the groups that it still knows.
class Guardian {
 public:
  /// `grace`: from SIGTERM to SIGKILL.
  explicit Guardian(std::chrono::milliseconds grace = std::chrono::milliseconds(500));
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  /// False if no process could be made: helpers still die with the daemon, but not what they have started.
  bool running() const { return static_cast<bool>(to_guardian_); }
  void watch(::pid_t group) const { tell(group); }
  /// Call it before the group's leader is reaped, while the number cannot be another's.
  void forget(::pid_t group) const { tell(-group); }

 private:
  void tell(::pid_t word) const;

  UniqueFd to_guardian_;
};

}  // namespace kismet
