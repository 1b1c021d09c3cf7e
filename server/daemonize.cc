#include "server/daemonize.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "server/exit_code.h"

namespace kismet {
namespace {

constexpr int kStandardDescriptors = 3;

void to_dev_null() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; null >= 0 && fd < kStandardDescriptors; ++fd) dup2(null, fd);
  if (null >= kStandardDescriptors) close(null);
}

/// The first process: waits for one byte, or for the end of the other.
int await_ready(int pipe, pid_t child) {
  char byte = 0;
  ssize_t size = 0;
  do {
    size = read(pipe, &byte, 1);
  } while (size < 0 && errno == EINTR);
  if (size == 1) return static_cast<int>(ExitCode::ok);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::failure);
}

}  // namespace

void open_standard_descriptors() {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < kStandardDescriptors) fd = open("/dev/null", O_RDWR);
  if (fd >= 0) close(fd);
}

bool limit_memory(std::uint64_t bytes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return false;
  limit.rlim_cur = bytes;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > bytes) limit.rlim_max = bytes;
  if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_DATA, &limit) == 0;
}

Background::~Background() {
  if (pipe_ >= 0) close(pipe_);
}

std::optional<int> Background::enter() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return static_cast<int>(ExitCode::failure);
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return static_cast<int>(ExitCode::failure);
  }
  if (child > 0) {
    close(ends[1]);
    const int code = await_ready(ends[0], child);
    close(ends[0]);
    return code;
  }
  close(ends[0]);
  pipe_ = ends[1];
  setsid();
  return std::nullopt;
}

void Background::ready() {
  if (pipe_ < 0) return;
  to_dev_null();
  const char byte = 1;
  while (write(pipe_, &byte, 1) < 0 && errno == EINTR) {
  }
  close(pipe_);
  pipe_ = -1;
}

}  // namespace kismet
