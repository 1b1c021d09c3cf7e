#pragma once

#include <boost/system/result.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "external/helper_definition.h"
#include "external/spawn.h"

namespace kismet {

/// Why a helper cannot even be tried. `text` is one line for people.
struct LaunchProblem {
  std::string text;
};

/// "NAME=value" of this process, as it stands.
std::vector<std::string> current_environment();

/// What a child inherits of `inherited` ("NAME=value"; all of it, or the names that `allow` lists as NAME or PREFIX*),
/// with `additions` added or replacing; later ones win.
std::vector<std::string> make_environment(std::span<const std::string> inherited,
                                          const std::optional<std::vector<std::string>>& allow,
                                          std::span<const std::pair<std::string, std::string>> additions);

/// Whom a definition's `user` and `group` (names or numbers) name; `user` may be empty, then only the group changes.
/// Fills HOME, USER and LOGNAME of that user into `env`.
boost::system::result<RunAs, LaunchProblem> resolve_identity(const std::string& user, const std::string& group,
                                                             std::vector<std::pair<std::string, std::string>>& env);

/// Whether this process is `who` already, in user, group and all groups.
bool is_already(const RunAs& who);

/// Looks up and resolves all that `definition` names: its program, its user, its environment (`inherited`, then
/// `common_env` for every helper, then its own). Reads the user database, so it may wait for the disk.
boost::system::result<Launch, LaunchProblem> make_launch(
    const HelperDefinition& definition, std::span<const std::string> inherited,
    std::span<const std::pair<std::string, std::string>> common_env);

}  // namespace kismet
