#include "external/launch.h"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "external/helper_lookup.h"

namespace kismet {

namespace {

constexpr std::size_t kDatabaseBuffer = 64 * 1024;  // For one line of the user or group database.

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool allowed(std::string_view name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [name](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct User {
  std::string name, home;
  ::uid_t id = 0;
  ::gid_t group = 0;
};

std::optional<User> find_user(const std::string& name) {
  std::vector<char> buffer(kDatabaseBuffer);
  ::passwd entry{};
  ::passwd* found = nullptr;
  if (const std::optional<unsigned> id = number(name)) {
    ::getpwuid_r(*id, &entry, buffer.data(), buffer.size(), &found);
    if (!found) return User{name, "/", *id, *id};  // A number needs no name: containers have such users.
  } else {
    ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  }
  if (!found) return std::nullopt;
  return User{entry.pw_name, entry.pw_dir, entry.pw_uid, entry.pw_gid};
}

std::optional<::gid_t> find_group(const std::string& name) {
  if (const std::optional<unsigned> id = number(name)) return *id;
  std::vector<char> buffer(kDatabaseBuffer);
  ::group entry{};
  ::group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) return std::nullopt;
  return entry.gr_gid;
}

std::vector<::gid_t> groups_of(const User& user, ::gid_t group) {
  int count = 0;
  ::getgrouplist(user.name.c_str(), group, nullptr, &count);
  std::vector<::gid_t> groups(static_cast<std::size_t>(std::max(count, 1)), group);
  count = static_cast<int>(groups.size());
  if (::getgrouplist(user.name.c_str(), group, groups.data(), &count) < 0) return {group};
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

/// Soft and hard limit are the same, so that a helper cannot raise it; but SIGXCPU, which says what happened, comes at
/// the soft one, and the SIGKILL that nobody can ignore some seconds later.
std::vector<std::pair<int, ::rlimit>> to_rlimits(const ProcessLimits& limits) {
  constexpr ::rlim_t kCpuGrace = 5;
  std::vector<std::pair<int, ::rlimit>> result;
  const auto add = [&result](int which, const std::optional<std::uint64_t>& value, ::rlim_t grace = 0) {
    if (value) result.emplace_back(which, ::rlimit{*value, *value + grace});
  };
  add(RLIMIT_AS, limits.memory);
  add(RLIMIT_CPU, limits.cpu_seconds, kCpuGrace);
  add(RLIMIT_NOFILE, limits.open_files);
  add(RLIMIT_NPROC, limits.processes);
  add(RLIMIT_FSIZE, limits.file_size);
  add(RLIMIT_CORE, limits.core_size);
  return result;
}

}  // namespace

std::vector<std::string> current_environment() {
  std::vector<std::string> result;
  for (char** variable = environ; variable && *variable; ++variable) result.emplace_back(*variable);
  return result;
}

std::vector<std::string> make_environment(std::span<const std::string> inherited,
                                          const std::optional<std::vector<std::string>>& allow,
                                          std::span<const std::pair<std::string, std::string>> additions) {
  std::vector<std::string> result;
  const auto put = [&result](std::string_view name, std::string variable) {
    const auto same = [name](const std::string& other) { return name_of(other) == name; };
    const auto found = std::find_if(result.begin(), result.end(), same);
    if (found == result.end()) {
      result.push_back(std::move(variable));
    } else {
      *found = std::move(variable);
    }
  };
  for (const std::string& variable : inherited) {
    if (!allow || allowed(name_of(variable), *allow)) put(name_of(variable), variable);
  }
  for (const auto& [name, value] : additions) put(name, name + "=" + value);
  return result;
}

boost::system::result<RunAs, LaunchProblem> resolve_identity(const std::string& user, const std::string& group,
                                                             std::vector<std::pair<std::string, std::string>>& env) {
  const std::optional<User> who = find_user(user.empty() ? std::to_string(::geteuid()) : user);
  if (!who) return LaunchProblem{"there is no user \"" + user + "\""};
  RunAs identity;
  identity.user = who->id;
  identity.group = who->group;
  if (!group.empty()) {
    const std::optional<::gid_t> id = find_group(group);
    if (!id) return LaunchProblem{"there is no group \"" + group + "\""};
    identity.group = *id;
  }
  identity.groups = groups_of(*who, identity.group);
  if (!user.empty()) env.insert(env.end(), {{"HOME", who->home}, {"USER", who->name}, {"LOGNAME", who->name}});
  return identity;
}

bool is_already(const RunAs& who) {
  if (::getuid() != who.user || ::geteuid() != who.user || ::getgid() != who.group || ::getegid() != who.group) {
    return false;
  }
  std::vector<::gid_t> ours(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ours.resize(static_cast<std::size_t>(std::max(::getgroups(static_cast<int>(ours.size()), ours.data()), 0)));
  std::vector<::gid_t> wanted = who.groups;
  for (std::vector<::gid_t>* groups : {&ours, &wanted}) {
    groups->push_back(who.group);  // In the list or not, it counts.
    std::sort(groups->begin(), groups->end());
    groups->erase(std::unique(groups->begin(), groups->end()), groups->end());
  }
  return ours == wanted;
}

boost::system::result<Launch, LaunchProblem> make_launch(
    const HelperDefinition& definition, std::span<const std::string> inherited,
    std::span<const std::pair<std::string, std::string>> common_env) {
  const auto path = find_program(definition.program, definition.search_path);
  if (!path) return LaunchProblem{path.error().text()};
  Launch launch;
  launch.path = *path;
  launch.args = definition.args;
  std::vector<std::pair<std::string, std::string>> additions(common_env.begin(), common_env.end());
  if (!definition.user.empty() || !definition.group.empty()) {
    auto identity = resolve_identity(definition.user, definition.group, additions);
    if (!identity) return identity.error();
    // To change nothing needs no right; to ask for it does.
    if (!is_already(*identity)) launch.identity = std::move(*identity);
  }
  additions.insert(additions.end(), definition.env.begin(), definition.env.end());
  launch.env = make_environment(inherited, definition.env_allow, additions);
  launch.working_directory = definition.working_directory;
  launch.limits = to_rlimits(definition.limits);
  launch.nice = definition.nice;
  launch.no_new_privileges = definition.no_new_privileges;
  return launch;
}

}  // namespace kismet
