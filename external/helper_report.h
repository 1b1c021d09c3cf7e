#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "external/child_process.h"
#include "external/helper_definition.h"
#include "external/helper_run.h"

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
  std::vector<FrameNote> frames;    // Its last frames, oldest first.
  SteadyTime ended{};               // For the age of those.
  ResourceUse use;

  /// All that fits a line: what happened, what it used, what to do about it, and what it said last.
  std::string message() const;
};

using HelperReportPtr = std::shared_ptr<const HelperReport>;

/// "3.2 s".
std::string in_seconds(std::chrono::milliseconds time);

/// "exit code 1 after 3.2 s".
std::string exit_text(const RunEnd& end);

/// One line for people: "ended with exit code 1 after 3.2 s", with why and how it had to be ended.
std::string summary_of(const RunEnd& end);

HelperReport report_on_start(const HelperDefinition& definition, std::string reason, std::string hint, WallTime now);
HelperReport report_on_run(const HelperDefinition& definition, ::pid_t pid, const RunEnd& end, WallTime now);

}  // namespace kismet
