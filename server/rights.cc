#include "server/rights.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "external/helper_lookup.h"
#include "external/launch.h"

namespace kismet {
namespace {

using Capabilities = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool is_root() {
  return ::geteuid() == 0;
}

boost::system::result<RunAs, LaunchProblem> resolved(const std::string& user, const std::string& group) {
  std::vector<std::pair<std::string, std::string>> unused;
  return resolve_identity(user, group, unused);
}

bool has_no_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Capabilities sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return std::all_of(sets.begin(), sets.end(), [](const __user_cap_data_struct& set) {
    return set.effective == 0 && set.permitted == 0 && set.inheritable == 0;
  });
}

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const Capabilities none{};
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);  // A kernel without ambient ones has none to clear.
  return ::syscall(SYS_capset, &header, none.data()) == 0 && has_no_capabilities();
}

/// Whether all of this process's identities are those of `who`, and none of them can be changed back.
bool is_for_good(const RunAs& who) {
  std::array<::uid_t, 3> users{};
  std::array<::gid_t, 3> groups{};
  if (::getresuid(&users[0], &users[1], &users[2]) != 0 || ::getresgid(&groups[0], &groups[1], &groups[2]) != 0) {
    return false;
  }
  const auto is_user = [&who](::uid_t id) { return id == who.user; };
  const auto is_group = [&who](::gid_t id) { return id == who.group; };
  if (!std::all_of(users.begin(), users.end(), is_user) || !std::all_of(groups.begin(), groups.end(), is_group)) {
    return false;
  }
  return ::setuid(0) != 0 && ::seteuid(0) != 0 && ::setgroups(0, nullptr) != 0 && is_already(who);
}

std::string failed(const char* step) {
  return std::string("cannot give up root's rights: ") + step + ": " + std::strerror(errno);
}

}  // namespace

std::optional<NewIdentity> new_identity(const SystemConfig& config) {
  if (config.user.empty()) return std::nullopt;
  NewIdentity identity;
  const auto ids = resolve_identity(config.user, config.group, identity.env);
  if (!ids || is_already(*ids)) return std::nullopt;
  identity.ids = *ids;
  return identity;
}

std::string home_of(const std::string& user) {
  std::vector<std::pair<std::string, std::string>> env;
  if (!resolve_identity(user, {}, env)) return {};
  const auto home = std::find_if(env.begin(), env.end(), [](const auto& variable) { return variable.first == "HOME"; });
  return home == env.end() ? std::string() : home->second;
}

std::pair<std::string, std::string> wrong_rights(const Config& config) {
  const SystemConfig& system = config.system;
  if (system.user.empty()) {
    if (system.group.empty()) return {};
    return {"group", "needs user beside it"};
  }
  if (const auto user = resolved(system.user, {}); !user) return {"user", "cannot be had: " + user.error().text};
  const auto who = resolved(system.user, system.group);
  if (!who) return {"group", "cannot be had: " + who.error().text};
  if (is_root() && who->user == 0) return {"user", "is root, which the daemon is without it; name somebody else"};
  if (is_root() || (who->user == ::geteuid() && who->group == ::getegid())) return {};
  return {"user", "can only be had by a daemon that is started as root"};
}

std::vector<std::string> wrong_rights(const Config& config, const HelperDefinition& helper) {
  std::vector<std::string> wrong;
  const SystemConfig& system = config.system;
  if (!system.user.empty() && (!helper.user.empty() || !helper.group.empty())) {
    const auto ours = resolved(system.user, system.group);
    const auto its = resolved(helper.user.empty() ? system.user : helper.user, helper.group);
    if (ours && its && (ours->user != its->user || (ours->user != 0 && ours->group != its->group))) {
      wrong.push_back("user and group of " + helper.name + " cannot be had: the daemon becomes " + system.user +
                      " (user=), and may not change users then");
    }
  }
  if (system.sandbox != SandboxMode::off) {
    const auto program = find_program(helper.program, config.helpers.binary_path);
    const std::string_view extra = program ? extra_rights_of(*program) : std::string_view();
    if (!extra.empty()) {
      wrong.push_back(*program + " has extra rights (" + std::string(extra) +
                      "), which are without effect in a sandbox: start it in another way, or set sandbox=off");
    }
  }
  return wrong;
}

std::string_view extra_rights_of(const std::string& program) {
  struct stat about {};
  if (::stat(program.c_str(), &about) != 0) return {};
  if ((about.st_mode & S_ISUID) != 0) return "set-uid";
  if ((about.st_mode & S_ISGID) != 0 && (about.st_mode & S_IXGRP) != 0) return "set-gid";
  return ::getxattr(program.c_str(), "security.capability", nullptr, 0) > 0 ? "file capabilities" : "";
}

std::string give_up_rights(const RunAs& who) {
  if (who.user == 0) return "cannot give up root's rights: the user that was asked for is root";
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  if (::setgroups(who.groups.size(), who.groups.data()) != 0) return failed("groups");
  if (::setresgid(who.group, who.group, who.group) != 0) return failed("group");
  if (::setresuid(who.user, who.user, who.user) != 0) return failed("user");
  if (!drop_capabilities()) return failed("capabilities");
  if (!is_for_good(who)) return "root's rights could be had back: the daemon does not go on";
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("no core file");
  return {};
}

}  // namespace kismet
