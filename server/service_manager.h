#pragma once

#include <chrono>
#include <string>

#include "base/deadlines.h"
#include "base/loop.h"

namespace kismet {

/// Tells systemd, where it started the daemon as a service of Type=notify, that the daemon is ready, reads its
/// configuration again or stops; and, where the unit asks for it (WatchdogSec=), that all I/O threads still turn.
/// Without a service manager nothing is said and nothing wakes up.
/// Thread rule: all members on the first loop. Owned by the composition root; dies before the loops.
class ServiceManager {
 public:
  explicit ServiceManager(Loops& loops);

  /// `status`: a line for `systemctl status`.
  void ready(const std::string& status);
  void reloading();
  void stopping();

 private:
  void beat();

  Loops& loops_;
  std::chrono::microseconds interval_{0};  // Half of what the unit allows; 0: no watchdog.
  Deadline next_;
};

}  // namespace kismet
