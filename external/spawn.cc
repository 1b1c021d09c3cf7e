#include "external/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

// libc's clone by its other name, which the thread sanitizer does not replace: its version takes locks of its runtime
// around the call and gives them up in parent and child, which here share them.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace kismet {

namespace {

constexpr int kInFd = 3;
constexpr int kOutFd = 4;
constexpr int kChildFds = 5;        // 0 to 4 are the child's.
constexpr int kFirstParentFd = 16;  // The daemon's own copies stay clear of those.
constexpr std::size_t kStackSize = 64 * 1024;
constexpr int kSignals = 64;

/// Everything that the child reads, prepared by the parent: the child shares its memory, and may not allocate.
struct Plan {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* env = nullptr;
  const char* working_directory = nullptr;
  bool changes_user = false;  // To what the next four say.
  ::uid_t user = 0;
  ::gid_t group = 0;
  const ::gid_t* groups = nullptr;
  std::size_t group_count = 0;
  const std::pair<int, ::rlimit>* limits = nullptr;
  std::size_t limit_count = 0;
  const int* nice = nullptr;
  bool no_new_privileges = false;
  int cgroup = -1;
  const int* descriptors = nullptr;  // What becomes the child's 0 to 4.
  ::pid_t parent = 0;
  // Written by the child when it fails.
  SpawnStep step = SpawnStep::none;
  int error = 0;
};

// The functions of the child run on borrowed memory and never return to the parent's frames: no sanitizer keeps books
// on them, and they call the kernel directly, past every interceptor and past libc's setuid, which would signal
// threads.
#define KISMET_CHILD_SIDE \
  __attribute__((no_sanitize("address"), no_sanitize("thread"), no_sanitize("undefined"), noinline))

KISMET_CHILD_SIDE void reset_signals() {
  const struct {
    std::uint64_t handler, flags, restorer, mask;
  } by_default{};  // The kernel's struct sigaction, all zero: SIG_DFL.
  for (int signal = 1; signal <= kSignals; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, sizeof(by_default.mask));
  }
}

KISMET_CHILD_SIDE bool set_limits(const Plan& plan) {
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    if (::syscall(SYS_prlimit64, 0, plan.limits[i].first, &plan.limits[i].second, nullptr) != 0) return false;
  }
  return true;
}

KISMET_CHILD_SIDE bool change_user(const Plan& plan) {
  return ::syscall(SYS_setgroups, plan.group_count, plan.groups) == 0 &&
         ::syscall(SYS_setresgid, plan.group, plan.group, plan.group) == 0 &&
         ::syscall(SYS_setresuid, plan.user, plan.user, plan.user) == 0;
}

/// The order of the process's own set: limits and nice while it may still raise them; the death signal after the change
/// of user, which clears it.
KISMET_CHILD_SIDE bool set_up(Plan& plan) {
  plan.step = SpawnStep::process_group;
  if (::syscall(SYS_setpgid, 0, 0) != 0) return false;
  plan.step = SpawnStep::cgroup;
  if (plan.cgroup >= 0 && ::syscall(SYS_write, plan.cgroup, "0", 1) != 1) return false;
  plan.step = SpawnStep::nice;
  if (plan.nice && ::syscall(SYS_setpriority, PRIO_PROCESS, 0, *plan.nice) != 0) return false;
  plan.step = SpawnStep::limits;
  if (!set_limits(plan)) return false;
  plan.step = SpawnStep::user_and_groups;
  if (plan.changes_user && !change_user(plan)) return false;
  plan.step = SpawnStep::working_directory;
  if (plan.working_directory && ::syscall(SYS_chdir, plan.working_directory) != 0) return false;
  plan.step = SpawnStep::no_new_privileges;
  if (plan.no_new_privileges && ::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  plan.step = SpawnStep::parent_death_signal;
  if (::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  if (::syscall(SYS_getppid) != plan.parent) ::syscall(SYS_exit_group, 127);  // It died before that line.
  plan.step = SpawnStep::descriptors;
  for (int fd = 0; fd < kChildFds; ++fd) {
    if (::syscall(SYS_dup3, plan.descriptors[fd], fd, 0) < 0) return false;
  }
  return ::syscall(SYS_close_range, kChildFds, ~0U, 0) == 0;
}

KISMET_CHILD_SIDE int child_main(void* argument) {
  Plan& plan = *static_cast<Plan*>(argument);
  reset_signals();
  if (set_up(plan)) {
    plan.step = SpawnStep::exec;
    const std::uint64_t none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof(none));
    ::syscall(SYS_execve, plan.path, plan.argv, plan.env);
  }
  plan.error = errno;
  ::syscall(SYS_exit_group, 127);
  return 127;
}

SpawnError failure(SpawnStep step, int error) {
  return {step, {error, boost::system::system_category()}};
}

/// Moves a descriptor up, so that putting 0 to 4 in place never overwrites one that is still needed.
bool lift(UniqueFd& fd) {
  if (fd.get() >= kFirstParentFd) return true;
  const int higher = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstParentFd);
  if (higher < 0 && errno == EINVAL) errno = EMFILE;  // The limit is below even that number.
  const int error = errno;
  fd.reset(higher);
  errno = error;
  return higher >= 0;
}

struct Pipe {
  UniqueFd read, write;
};

bool make_pipe(Pipe& pipe, std::size_t size) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe.read.reset(ends[0]);
  pipe.write.reset(ends[1]);
  if (size > 0) ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size));  // A smaller one serves as well.
  return true;
}

bool stop_blocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  return flags >= 0 && ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0;
}

struct Pipes {
  UniqueFd null;
  Pipe in, out, output, errors;

  /// False leaves the reason in errno.
  bool open(std::size_t size) {
    null.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return null && make_pipe(in, size) && make_pipe(out, size) && make_pipe(output, 0) && make_pipe(errors, 0) &&
           stop_blocking(in.write) && stop_blocking(out.read) && stop_blocking(output.read) &&
           stop_blocking(errors.read) && lift(null) && lift(in.read) && lift(out.write) && lift(output.write) &&
           lift(errors.write);
  }
};

/// Pointers into `texts`, as exec takes them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// The stack of a child until it execs.
class ChildStack {
 public:
  ChildStack()
      : base_(::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~ChildStack() {
    if (*this) ::munmap(base_, kStackSize);
  }
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  explicit operator bool() const { return base_ != MAP_FAILED; }
  void* top() const { return static_cast<char*>(base_) + kStackSize; }

 private:
  void* base_;
};

/// Clones with all signals blocked, so that none finds the parent's handlers in the child. The parent sleeps until the
/// child has left its memory. Returns the pid, or -1 and errno.
::pid_t clone_child(Plan& plan, int& pidfd) {
  const ChildStack stack;
  if (!stack) return -1;
  ::sigset_t all;
  ::sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const ::pid_t pid = ::__clone(child_main, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pidfd);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void reap_failed(::pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::string SpawnError::text() const {
  const auto what = [this]() -> std::string_view {
    switch (step) {
      case SpawnStep::none:
        return "no error";
      case SpawnStep::pipes:
        return "its pipes cannot be made";
      case SpawnStep::clone:
        return "no process can be made for it";
      case SpawnStep::process_group:
        return "its process group cannot be made";
      case SpawnStep::cgroup:
        return "it cannot enter its control group";
      case SpawnStep::nice:
        return "its nice value cannot be set";
      case SpawnStep::limits:
        return "its resource limits cannot be set";
      case SpawnStep::user_and_groups:
        return "it cannot be given its user and groups";
      case SpawnStep::working_directory:
        return "its working directory cannot be entered";
      case SpawnStep::no_new_privileges:
        return "no_new_privs cannot be set";
      case SpawnStep::parent_death_signal:
        return "its parent-death signal cannot be set";
      case SpawnStep::descriptors:
        return "its descriptors cannot be put in place";
      case SpawnStep::exec:
        return "it cannot be executed";
    }
    return "unknown step";
  };
  return std::string(what()) + ": " + code.message();
}

SpawnResult spawn(const Launch& launch) {
  Pipes pipes;
  if (!pipes.open(launch.pipe_size)) return failure(SpawnStep::pipes, errno);

  std::vector<std::string> args{launch.path, "--in-fd=" + std::to_string(kInFd), "--out-fd=" + std::to_string(kOutFd)};
  args.insert(args.end(), launch.args.begin(), launch.args.end());
  std::vector<std::string> env = launch.env;
  const std::vector<char*> argv = pointers(args);
  const std::vector<char*> envp = pointers(env);

  const std::array<int, kChildFds> descriptors{pipes.null.get(), pipes.output.write.get(), pipes.errors.write.get(),
                                               pipes.in.read.get(), pipes.out.write.get()};

  Plan plan;
  plan.path = launch.path.c_str();
  plan.argv = argv.data();
  plan.env = envp.data();
  plan.working_directory = launch.working_directory.empty() ? nullptr : launch.working_directory.c_str();
  if (launch.identity) {
    plan.changes_user = true;
    plan.user = launch.identity->user;
    plan.group = launch.identity->group;
    plan.groups = launch.identity->groups.data();
    plan.group_count = launch.identity->groups.size();
  }
  plan.limits = launch.limits.data();
  plan.limit_count = launch.limits.size();
  plan.nice = launch.nice ? &*launch.nice : nullptr;
  plan.no_new_privileges = launch.no_new_privileges;
  plan.cgroup = launch.cgroup;
  plan.descriptors = descriptors.data();
  plan.parent = ::getpid();

  Spawned child;
  int pidfd = -1;
  child.pid = clone_child(plan, pidfd);
  if (child.pid < 0) return failure(SpawnStep::clone, errno);
  child.pidfd.reset(pidfd);
  if (plan.error != 0) {
    reap_failed(child.pid);
    return failure(plan.step, plan.error);
  }
  child.to_helper = std::move(pipes.in.write);
  child.from_helper = std::move(pipes.out.read);
  child.output = std::move(pipes.output.read);
  child.errors = std::move(pipes.errors.read);
  return child;
}

}  // namespace kismet
