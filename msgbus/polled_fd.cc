#include "msgbus/polled_fd.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <limits>
#include <string>

namespace kismet {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// A terminal may take less than poll() promised; a pipe never does, for up to PIPE_BUF bytes.
int reopen_terminal(int fd) {
  if (isatty(fd) == 0) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

PolledFd::PolledFd(int fd)
    : own_(reopen_terminal(fd)),
      fd_(own_ >= 0 ? own_ : fd),
      give_up_at_(std::numeric_limits<SteadyClock::rep>::max()) {}

PolledFd::~PolledFd() {
  if (own_ >= 0) close(own_);
}

void PolledFd::give_up_after(std::chrono::milliseconds grace) {
  give_up_at_ = (SteadyClock::now() + grace).time_since_epoch().count();
}

bool PolledFd::given_up() const {
  return SteadyClock::now().time_since_epoch().count() >= give_up_at_.load();
}

bool PolledFd::wait_for_room() const {
  static constexpr int kLookAgain = 50;  // Milliseconds, to see give_up_after().
  for (;;) {
    pollfd wanted{fd_, POLLOUT, 0};
    const int ready = poll(&wanted, 1, kLookAgain);
    if (ready > 0) return (wanted.revents & POLLOUT) != 0;
    if (ready < 0 && errno != EINTR) return false;
    if (given_up()) return false;
  }
}

bool PolledFd::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for_room()) return false;
    const ssize_t written = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (given_up()) {
      return false;
    }
  }
  return true;
}

}  // namespace kismet
