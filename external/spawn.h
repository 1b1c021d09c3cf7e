#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace kismet {

/// Whom a child runs as.
struct RunAs {
  ::uid_t user = 0;
  ::gid_t group = 0;
  std::vector<::gid_t> groups;  // All supplementary groups, replacing the daemon's.
};

/// A program to start, with everything looked up and resolved: nothing of it is interpreted any more.
struct Launch {
  std::string path;               // Absolute; argv[0] as well.
  std::vector<std::string> args;  // After `--in-fd=3 --out-fd=4`.
  std::vector<std::string> env;   // "NAME=value": all of the child's environment.
  std::string working_directory;  // Empty: the daemon's.
  std::optional<RunAs> identity;
  std::vector<std::pair<int, ::rlimit>> limits;  // RLIMIT_*, with its soft and hard limit.
  std::optional<int> nice;
  bool no_new_privileges = false;
  int cgroup = -1;                      // Open cgroup.procs of the control group that it enters; not owned.
  std::size_t pipe_size = 1024 * 1024;  // Bytes that each of the two pipes may hold, as far as the system grants it.
};

/// A child that runs its program, and the daemon's ends of its pipes. All descriptors are close-on-exec; the ends that
/// the daemon uses do not block.
struct Spawned {
  ::pid_t pid = -1;      // Its process group's id as well.
  UniqueFd pidfd;        // Readable once it has ended.
  UniqueFd to_helper;    // Write end of what the child reads at --in-fd.
  UniqueFd from_helper;  // Read end of what the child writes at --out-fd.
  UniqueFd output;       // Read end of its standard output.
  UniqueFd errors;       // Read end of its standard error.
};

/// What was being done when a start failed.
enum class SpawnStep : std::uint8_t {
  none,
  pipes,
  clone,
  process_group,
  cgroup,
  nice,
  limits,
  user_and_groups,
  working_directory,
  no_new_privileges,
  parent_death_signal,
  descriptors,
  exec,
};

struct SpawnError {
  SpawnStep step = SpawnStep::none;
  boost::system::error_code code;

  /// For people: "cannot be executed: Permission denied".
  std::string text() const;
};

using SpawnResult = boost::system::result<Spawned, SpawnError>;

/// Starts `launch` and returns once the program runs, or with the step that failed. Between clone and exec only system
/// calls are made. The child has descriptors 0 (/dev/null), 1, 2, 3 (--in-fd) and 4 (--out-fd) and no other, its own
/// process group, default dispositions of all signals, none of them blocked, and is killed when the calling *thread*
/// ends: call it on a thread that lives as long as the daemon (the first loop's).
/// Thread rule: safe everywhere, with that in mind.
SpawnResult spawn(const Launch& launch);

}  // namespace kismet
