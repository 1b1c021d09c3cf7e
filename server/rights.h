#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "external/spawn.h"
#include "server/config.h"

namespace kismet {

// Who the daemon is once it serves (`user`, `group`), what that and the sandbox mean for helpers, and the change
// itself.

/// Whom the daemon becomes, and the variables that tell programs about them (HOME, USER, LOGNAME).
struct NewIdentity {
  RunAs ids;
  std::vector<std::pair<std::string, std::string>> env;
};
/// Whom `user` and `group` of `config` name. Nothing if the daemon is that already, or they name nobody.
std::optional<NewIdentity> new_identity(const SystemConfig& config);

/// Home folder of a user, name or number; empty if there is no such user.
std::string home_of(const std::string& user);

/// What is wrong with the daemon's own `user` and `group`: the key, and what to say of it. Empty texts if nothing is.
std::pair<std::string, std::string> wrong_rights(const Config& config);
/// What of a helper's line the daemon will not be able to do, having given up its rights or being confined.
std::vector<std::string> wrong_rights(const Config& config, const HelperDefinition& helper);

/// What makes a program run with more rights than who starts it has: "set-uid", "set-gid", "file capabilities"; else
/// empty.
std::string_view extra_rights_of(const std::string& program);

/// Becomes `who`, for good, and makes sure that there is no way back; capabilities are gone, and nobody else of that
/// user reads this process's memory or gets it in a core file. Returns what went wrong: then the process must end.
/// Thread rule: before any other thread is there.
std::string give_up_rights(const RunAs& who);

}  // namespace kismet
