#pragma once

#include <iosfwd>

#include "server/command_line.h"
#include "server/config.h"

namespace kismet {

/// `kismet passwd` and `kismet token ...`: they change the files that the daemon reads, whether it runs or not; a
/// running one takes the change up at once. Returns the exit code. What was asked for goes to `out` (a new key:
/// nothing else), what people should know to `err`.
int login_command(const CommandLine& line, const Config& config, const ConfigReport& report, std::ostream& out,
                  std::ostream& err);

}  // namespace kismet
