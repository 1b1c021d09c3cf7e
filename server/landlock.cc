#include "server/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace kismet {
namespace {

/// As newer kernels have it; an older one takes what follows its own fields if it is zero.
struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scopes = 0;
};

// What Debian 12's header does not know yet.
constexpr std::uint64_t kRename = 1ULL << 13U;       // Version 2: to another folder.
constexpr std::uint64_t kTruncate = 1ULL << 14U;     // Version 3.
constexpr std::uint64_t kDeviceIoctl = 1ULL << 15U;  // Version 5.
constexpr std::uint64_t kScopeSignals = 1ULL << 1U;  // Version 6.

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kRun = kRead | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kChange = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                  LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE |
                                   LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceIoctl;

Ruleset ruleset_of(int version) {
  Ruleset ruleset;
  ruleset.files = kRun | kChange;
  if (version >= 2) ruleset.files |= kRename;
  if (version >= 3) ruleset.files |= kTruncate;
  if (version >= 5) ruleset.files |= kDeviceIoctl;
  if (version >= 6) ruleset.scopes = kScopeSignals;
  return ruleset;
}

std::uint64_t rights_of(FileAccess access) {
  switch (access) {
    case FileAccess::read:
      return kRead;
    case FileAccess::run:
      return kRun;
    case FileAccess::write:
      return kRead | kChange | kRename | kTruncate | kDeviceIoctl;
  }
  return 0;
}

std::string failed(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

std::string add(const UniqueFd& ruleset, std::uint64_t handled, const PathRule& rule) {
  const UniqueFd path(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  if (!path) return errno == ENOENT || errno == ENOTDIR ? std::string() : failed(rule.path);
  struct stat about {};
  if (::fstat(path.get(), &about) != 0) return failed(rule.path);
  landlock_path_beneath_attr beneath{};
  beneath.parent_fd = path.get();
  beneath.allowed_access = rights_of(rule.access) & handled;
  if (!S_ISDIR(about.st_mode)) beneath.allowed_access &= kOfFiles;
  const long done = ::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  return done == 0 ? std::string() : failed(rule.path);
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

std::string confine_files(std::span<const PathRule> rules) {
  const int version = landlock_version();
  if (version == 0) return failed("this kernel has no Landlock");
  const Ruleset wanted = ruleset_of(version);
  const UniqueFd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0)));
  if (!ruleset) return failed("Landlock");
  for (const PathRule& rule : rules) {
    if (std::string wrong = add(ruleset, wanted.files, rule); !wrong.empty()) return "Landlock: " + wrong;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  const long done = ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0);
  return done == 0 ? std::string() : failed("Landlock");
}

}  // namespace kismet
