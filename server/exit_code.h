#pragma once

namespace kismet {

/// How the program ends, for scripts and service managers; --help and docs/CONFIGURATION.md say the same.
enum class ExitCode : int {
  ok = 0,             // Stopped in order, or did what was asked.
  configuration = 1,  // Wrong usage, or a configuration with errors.
  cannot_listen = 2,  // An address or port cannot be had.
  failure = 3,        // Anything else that keeps the daemon from running.
};

}  // namespace kismet
