#include "external/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

namespace kismet {

namespace {

constexpr std::size_t kMaxGroups = 4096;

/// The groups to end, in a table of fixed size: the guardian comes from fork() and allocates nothing.
struct Groups {
  std::array<::pid_t, kMaxGroups> ids{};
  std::size_t count = 0;

  void note(::pid_t word) {
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(count);
    if (word > 0 && count < kMaxGroups) ids[count++] = word;
    if (word < 0) count = static_cast<std::size_t>(std::remove(ids.begin(), end, -word) - ids.begin());
  }
  /// Returns whether any group was there to hear it.
  bool signal_all(int signal) const {
    bool any = false;
    for (std::size_t i = 0; i < count; ++i) any = (::kill(-ids[i], signal) == 0) || any;
    return any;
  }
};

/// Reads words until the daemon is gone. A pipe delivers such small writes whole.
void follow(int from_daemon, Groups& groups) {
  std::array<::pid_t, 64> words{};
  for (;;) {
    const ::ssize_t got = ::read(from_daemon, words.data(), sizeof(words));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(::pid_t); ++i) groups.note(words[i]);
  }
}

[[noreturn]] void guard(int from_daemon, int grace_ms) {
  static Groups groups;
  ::setsid();
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "kismet_guardian", 0, 0, 0);
  ::dup2(from_daemon, 0);
  ::syscall(SYS_close_range, 1, ~0U, 0);  // Its copies of the daemon's listeners and logs, above all.
  [[maybe_unused]] const int moved = ::chdir("/");  // So that it keeps no file system busy.
  follow(0, groups);
  if (groups.signal_all(SIGTERM)) {
    ::signal(SIGCONT, SIG_DFL);
    groups.signal_all(SIGCONT);  // A stopped process hears SIGTERM only when it goes on.
    ::poll(nullptr, 0, grace_ms);
    groups.signal_all(SIGKILL);
  }
  ::_exit(0);
}

}  // namespace

Guardian::Guardian(std::chrono::milliseconds grace) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  const ::pid_t middle = ::fork();
  if (middle < 0) return;
  if (middle == 0) {  // Ends at once, so that the guardian is nobody's child here and leaves no zombie.
    write.reset();
    const ::pid_t last = ::fork();
    if (last == 0) guard(read.get(), static_cast<int>(grace.count()));
    ::_exit(last < 0 ? 1 : 0);
  }
  int status = 1;
  while (::waitpid(middle, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return;
  const int flags = ::fcntl(write.get(), F_GETFL);
  ::fcntl(write.get(), F_SETFL, flags | O_NONBLOCK);
  to_guardian_ = std::move(write);
}

Guardian::~Guardian() = default;

void Guardian::tell(::pid_t word) const {
  if (!to_guardian_) return;
  while (::write(to_guardian_.get(), &word, sizeof(word)) < 0 && errno == EINTR) {
  }
}

}  // namespace kismet
