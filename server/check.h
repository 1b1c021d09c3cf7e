#pragma once

#include <string>

#include "server/config.h"

namespace kismet {

/// What `kismet --check` says: files read, settings in force that are not the default and where they come from, where
/// the daemon would listen, its helpers and the programs they resolve to, its logs, and every problem. Secrets are
/// masked.
struct CheckResult {
  std::string text;
  bool good = false;  // The daemon would start.
};
CheckResult check_config(const Config& config, const ConfigReport& report);

}  // namespace kismet
