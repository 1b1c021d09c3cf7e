#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/config.h"
#include "server/config_file.h"

namespace kismet {

/// What the configuration says of each key, in the order of the files; every setting has its place, if an empty one.
using EntriesByKey = std::map<std::string, std::vector<ConfigEntry>>;

/// Adds what is wrong only in settings taken together: one that needs another, has no effect beside it, or forbids it.
/// Reads the certificates that the settings name.
void check_together(const Config& config, const EntriesByKey& by_key, std::vector<ConfigProblem>& problems);

}  // namespace kismet
