#pragma once

#include <string>
#include <vector>

#include "server/config_expand.h"

namespace kismet {

/// The logs that `log_template` has named so far, at this and former starts of the daemon: those files that fit it,
/// with its times and numbers left open. In the order of their names.
std::vector<std::string> find_logs(std::string_view log_template, const ExpandValues& values);

}  // namespace kismet
