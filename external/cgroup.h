#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace kismet {

/// A control group (version 2) for one run of a helper, in a folder that is delegated to the daemon. Whatever the
/// helper starts stays in it, in whichever process group or session, so that all of it can be limited and ended as one.
/// Thread rule: one thread at a time. Owned by the helper's run: destroying it kills what is left in it and removes it;
/// a group that is still dying then is removed by the next one of its name.
class Cgroup {
 public:
  /// A file of the group and what to write to it: {"memory.max", "1000000"}. Its controller is enabled if need be.
  using Limits = std::vector<std::pair<std::string, std::string>>;

  /// Makes `parent`/`name`, or `name`.1, ... while earlier ones are in use. Otherwise nothing, and `problem` says why.
  static std::optional<Cgroup> make(const std::string& parent, const std::string& name, const Limits& limits,
                                    std::string& problem);
  ~Cgroup();
  Cgroup(Cgroup&& other) noexcept : path_(std::exchange(other.path_, {})), procs_(std::move(other.procs_)) {}
  Cgroup& operator=(Cgroup&&) = delete;

  /// Open for writing: a process that writes "0" to it moves there (Launch::cgroup).
  int procs() const { return procs_.get(); }
  /// Sends SIGKILL to every process in it, at once and with no way out.
  void kill() const;
  const std::string& path() const { return path_; }

 private:
  explicit Cgroup(std::string path) : path_(std::move(path)) {}

  std::string path_;
  UniqueFd procs_;
};

}  // namespace kismet
