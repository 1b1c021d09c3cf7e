#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "external/child_process.h"

namespace kismet {

/// What is known about a helper that failed: one message when it happens, and kept until the next.
struct HelperReport {
  WallTime time;    // When it ended.
  ::pid_t pid = 0;  // 0: it could not be started.
  std::chrono::milliseconds ran_for{0};
  std::string summary;              // One line: what happened.
  std::string exit;                 // "exit code 1", "SIGSEGV (core dumped)"; empty if it did not run.
  std::string session;              // How its session ended; empty if there is nothing to say.
  std::string hint;                 // A known cause with its remedy, or empty.
  std::vector<std::string> output;  // Its last lines, oldest first.
  ResourceUse use;
};

using HelperReportPtr = std::shared_ptr<const HelperReport>;

}  // namespace kismet
