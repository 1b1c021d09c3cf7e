#include "external/child_process.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "external/guardian.h"

namespace kismet {

namespace {

std::chrono::microseconds to_duration(const ::timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

ResourceUse to_use(const ::rusage& usage) {
  ResourceUse use;
  use.user_cpu = to_duration(usage.ru_utime);
  use.system_cpu = to_duration(usage.ru_stime);
  use.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  use.blocks_read = static_cast<std::uint64_t>(usage.ru_inblock);
  use.blocks_written = static_cast<std::uint64_t>(usage.ru_oublock);
  return use;
}

ExitStatus to_status(int status) {
  if (WIFSIGNALED(status)) return {ExitStatus::Kind::signalled, WTERMSIG(status), WCOREDUMP(status) != 0};
  return {ExitStatus::Kind::exited, WEXITSTATUS(status), false};
}

/// Waits for a process that has ended.
Exit reap(::pid_t pid) {
  ::rusage usage{};
  int status = 0;
  ::pid_t reaped = -1;
  do {
    reaped = ::wait4(pid, &status, 0, &usage);
  } while (reaped < 0 && errno == EINTR);
  return reaped == pid ? Exit{to_status(status), to_use(usage)} : Exit{};
}

/// For a process that nobody waits for. Blocks, but not for long.
void end_at_once(::pid_t pid, int pidfd, const Guardian* guardian) {
  constexpr int kLongest = 100;  // Milliseconds that the kernel is given.
  ::kill(-pid, SIGKILL);
  ::pollfd ended{pidfd, POLLIN, 0};
  ::poll(&ended, 1, kLongest);
  if (guardian) guardian->forget(pid);
  ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string ExitStatus::text() const {
  if (kind == Kind::unknown) return "unknown exit code";
  if (kind == Kind::exited) return "exit code " + std::to_string(value);
  return signal_name(value) + (core_dumped ? " (core dumped)" : "");
}

std::string ResourceUse::text() const {
  const double cpu = std::chrono::duration<double>(user_cpu + system_cpu).count();
  char text[96];
  std::snprintf(text, sizeof(text), "cpu %.2f s, peak memory %.0f MiB", cpu,
                static_cast<double>(peak_memory) / 1048576);
  return text;
}

ChildProcess::ChildProcess(Executor executor, ::pid_t pid, UniqueFd pidfd, const Guardian* guardian)
    : pid_(pid), guardian_(guardian), ended_(executor) {
  if (guardian_) guardian_->watch(pid_);
  boost::system::error_code ec;
  ended_.assign(pidfd.get(), ec);
  if (ec) {
    end_at_once(pid_, pidfd.get(), guardian_);
    throw boost::system::system_error(ec);
  }
  pidfd.release();
}

ChildProcess::~ChildProcess() {
  if (!reaped_) end_at_once(pid_, ended_.native_handle(), guardian_);
}

Task<Exit> ChildProcess::exited() {
  ::siginfo_t about{};
  bool ours = true;
  do {
    const auto [ec] = co_await ended_.async_wait(net::posix::descriptor_base::wait_read, net::as_tuple(use_task));
    if (ec) co_return Exit{};  // Destroyed: nothing here is valid any more.
    const int waited = ::waitid(P_PID, static_cast<::id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT);
    ours = waited == 0 || errno != ECHILD;
  } while (ours && about.si_pid != pid_);
  // The number stays this group's until the process is reaped, so what is left of the group goes first.
  if (ours) signal_group(SIGKILL);
  if (guardian_) guardian_->forget(pid_);
  const Exit exit = ours ? reap(pid_) : Exit{};
  reaped_ = true;
  ended_.close();
  co_return exit;
}

void ChildProcess::signal_group(int signal) {
  if (!reaped_) ::kill(-pid_, signal);
}

}  // namespace kismet
