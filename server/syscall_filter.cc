#include "server/syscall_filter.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace kismet {
namespace {

/// By name, since an older libseccomp does not know all of them.
constexpr std::array kRefused = {
    // The kernel itself.
    "init_module", "finit_module", "delete_module", "create_module", "kexec_load", "kexec_file_load", "reboot",
    // Other views of the file system, and files by number, past Landlock's paths.
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "unshare", "setns", "open_by_handle_at", "swapon", "swapoff", "quotactl", "quotactl_fd",
    // The insides of other processes.
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    // Much attacked, little used. io_uring would go past this filter as well.
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key",
    "request_key", "keyctl", "lookup_dcookie", "modify_ldt", "vm86", "vm86old", "uselib", "nfsservctl",
    // The machine as others see it.
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname", "iopl",
    "ioperm", "syslog", "acct", "vhangup"};

constexpr std::array<unsigned, 7> kNamespaces = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                                 CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
/// Typing into somebody's terminal.
constexpr std::array<unsigned, 2> kTerminalIoctls = {TIOCSTI, TIOCLINUX};
constexpr std::uint64_t kLow = 0xffffffffU;

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

/// Programs of the machine's other instruction sets obey the same rules.
int add_architectures(const Filter& filter) {
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  for (const std::uint32_t architecture : {SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_ARM}) {
    const std::uint32_t native = seccomp_arch_native();
    const bool fits = (native == SCMP_ARCH_X86_64 && architecture != SCMP_ARCH_ARM) ||
                      (native == SCMP_ARCH_AARCH64 && architecture == SCMP_ARCH_ARM);
    if (!fits) continue;
    if (const int error = seccomp_arch_add(filter.get(), architecture); error != 0 && error != -EEXIST) return error;
  }
  return 0;
}

int add_rules(const Filter& filter) {
  const std::uint32_t no = SCMP_ACT_ERRNO(EPERM);
  int error = 0;
  for (const char* name : kRefused) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call != __NR_SCMP_ERROR && error == 0) error = seccomp_rule_add(filter.get(), no, call, 0);
  }
  for (const unsigned flag : kNamespaces) {
    if (error == 0) {
      error = seccomp_rule_add(filter.get(), no, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
    }
  }
  // What clone3 asks for lies in memory, out of a filter's sight; programs use clone where it is not there.
  if (error == 0) error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  for (const unsigned request : kTerminalIoctls) {
    if (error == 0) {
      error = seccomp_rule_add(filter.get(), no, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, kLow, request));
    }
  }
  return error;
}

}  // namespace

std::string filter_system_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return "seccomp: not enough memory";
  int error = add_architectures(filter);
  if (error == 0) error = add_rules(filter);
  if (error == 0) error = seccomp_load(filter.get());
  if (error == -EINVAL || error == -ENOSYS)
    return "this kernel has no seccomp filters: " + std::string(strerror(-error));
  return error == 0 ? std::string() : "seccomp: " + std::string(strerror(-error));
}

}  // namespace kismet
