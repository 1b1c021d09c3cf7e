#include "external/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kismet {

namespace {

constexpr int kMostLeftovers = 100;  // Groups of one name that may still be dying.

std::string reason() {
  return std::generic_category().message(errno);
}

/// False leaves the reason in errno.
bool write_file(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<::ssize_t>(text.size());
}

/// The path of a fresh group, or empty with the reason in errno.
std::string make_folder(const std::string& parent, const std::string& name) {
  for (int leftover = 0; leftover < kMostLeftovers; ++leftover) {
    const std::string path = parent + "/" + name + (leftover == 0 ? "" : "." + std::to_string(leftover));
    ::rmdir(path.c_str());  // An earlier run's, if it is empty by now.
    if (::mkdir(path.c_str(), 0755) == 0) return path;
    if (errno != EEXIST) break;
  }
  return {};
}

}  // namespace

std::optional<Cgroup> Cgroup::make(const std::string& parent, const std::string& name, const Limits& limits,
                                   std::string& problem) {
  const std::string path = make_folder(parent, name);
  if (path.empty()) {
    problem = "no control group can be made in " + parent + ": " + reason();
    return std::nullopt;
  }
  Cgroup group(path);
  for (const auto& [file, value] : limits) {
    const std::string controller = file.substr(0, file.find('.'));
    write_file(parent + "/cgroup.subtree_control", "+" + controller);  // Where it does not work, the next line says so.
    if (!write_file(path + "/" + file, value)) {
      problem = file + " cannot be set in its control group: " + reason() + "; is the controller \"" + controller +
                "\" delegated to " + parent + "?";
      return std::nullopt;
    }
  }
  group.procs_.reset(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!group.procs_) {
    problem = path + " is not a control group: " + reason();
    return std::nullopt;
  }
  return group;
}

Cgroup::~Cgroup() {
  if (path_.empty()) return;
  kill();
  procs_.reset();
  ::rmdir(path_.c_str());
}

void Cgroup::kill() const {
  write_file(path_ + "/cgroup.kill", "1");
}

}  // namespace kismet
