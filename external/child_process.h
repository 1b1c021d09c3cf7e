#pragma once

#include <sys/types.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/async.h"
#include "base/unique_fd.h"

namespace kismet {

class Guardian;

/// How a process ended.
struct ExitStatus {
  /// Unknown: somebody else has reaped it, which happens when the daemon was started with SIGCHLD ignored.
  enum class Kind : std::uint8_t { unknown, exited, signalled } kind = Kind::unknown;
  int value = 0;  // Exit code, or signal number.
  bool core_dumped = false;

  bool success() const { return kind == Kind::exited && value == 0; }
  bool code(int wanted) const { return kind == Kind::exited && value == wanted; }
  bool signal(int wanted) const { return kind == Kind::signalled && value == wanted; }
  /// "exit code 3", "SIGSEGV (core dumped)".
  std::string text() const;
};

/// "SIGTERM", or "signal 41" for one without a name.
std::string signal_name(int signal);

/// What a process, with the children that it waited for, has used.
struct ResourceUse {
  std::chrono::microseconds user_cpu{0};
  std::chrono::microseconds system_cpu{0};
  std::uint64_t peak_memory = 0;  // Bytes resident.
  std::uint64_t blocks_read = 0, blocks_written = 0;

  /// "cpu 1.20 s, peak memory 34 MiB".
  std::string text() const;
};

struct Exit {
  ExitStatus status;
  ResourceUse use;
};

/// A child process, owned until it is reaped: nobody else waits for it, and no signal goes to its number afterwards.
/// Thread rule: all members run on the loop of `executor`.
/// Owned by its helper's run, which awaits exited() before it lets go. Destroyed earlier, it kills the process group
/// and reaps the process, unless the kernel takes long to end it.
class ChildProcess {
 public:
  /// `guardian`, where given, knows the process group as long as this does.
  ChildProcess(Executor executor, ::pid_t pid, UniqueFd pidfd, const Guardian* guardian = nullptr);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Returns once the process has ended, with what is left of its group killed and itself reaped. Call it once. A
  /// process that is merely stopped (SIGSTOP) has not ended.
  Task<Exit> exited();
  /// Sends `signal` to the process group. Nothing happens once the process is reaped.
  void signal_group(int signal);
  ::pid_t pid() const { return pid_; }
  bool reaped() const { return reaped_; }

 private:
  ::pid_t pid_;
  const Guardian* guardian_;
  net::posix::basic_stream_descriptor<Executor> ended_;
  bool reaped_ = false;
};

}  // namespace kismet
