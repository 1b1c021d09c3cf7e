#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include "external/spawn.h"

namespace kismet::testing {

/// The one deadline of tests with real processes: far beyond what they need, and reached only when they hang.
inline constexpr std::chrono::milliseconds kGenerous{20'000};

/// Whether `fd` becomes readable (or is closed at its other end) before the deadline.
inline bool readable(int fd) {
  ::pollfd wait{fd, POLLIN, 0};
  int count = 0;
  do {
    count = ::poll(&wait, 1, static_cast<int>(kGenerous.count()));
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

/// Everything that can be read from `fd` until its end-of-file, which has to come before the deadline.
inline std::string read_to_end(int fd) {
  std::string all;
  char buffer[4096];
  while (readable(fd)) {
    const ::ssize_t got = ::read(fd, buffer, sizeof(buffer));
    if (got == 0) return all;
    if (got > 0) all.append(buffer, static_cast<std::size_t>(got));
    if (got < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  return all + "<no end of file>";
}

/// Reads one line, byte by byte, so that nothing after it is lost.
inline std::string read_line(int fd) {
  std::string line;
  char byte = 0;
  while (readable(fd) && ::read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

/// Whether the process, anybody's child, ends before the deadline.
inline bool ends(::pid_t pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return !process || readable(process.get());
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count += entry.is_symlink();
  return count;
}

/// A spawned child that does not survive its test: its group is killed, and it is reaped.
/// Thread rule: the test's thread. Owned by the test.
class ChildGuard {
 public:
  explicit ChildGuard(Spawned child) : child_(std::move(child)) {}
  ~ChildGuard() {
    if (reaped_) return;
    ::kill(-child_.pid, SIGKILL);
    ::waitpid(child_.pid, nullptr, 0);
  }
  ChildGuard(const ChildGuard&) = delete;
  ChildGuard& operator=(const ChildGuard&) = delete;

  Spawned* operator->() { return &child_; }
  /// The status as wait(2) gives it.
  int wait() {
    int status = -1;
    if (!readable(child_.pidfd.get())) return status;
    ::waitpid(child_.pid, &status, 0);
    reaped_ = true;
    return status;
  }
  /// Somebody else reaps it from now on.
  Spawned release() {
    reaped_ = true;
    return std::move(child_);
  }

 private:
  Spawned child_;
  bool reaped_ = false;
};

}  // namespace kismet::testing
