#include "base/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kismet {

namespace {

using boost::system::error_code;

constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

int open_beneath_fd(int folder, const char* path, Lookup lookup) {
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (lookup == Lookup::only_cached) how.resolve |= RESOLVE_CACHED;
  for (int attempt = 0;; ++attempt) {  // A rename meanwhile makes the kernel unsure whether ".." left the folder.
    const long fd = ::syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (fd < 0 && errno == EINVAL && lookup == Lookup::only_cached) errno = EAGAIN;  // Linux before 5.12 cannot tell.
    if (fd >= 0 || errno != EAGAIN || lookup == Lookup::only_cached || attempt == 10) return static_cast<int>(fd);
  }
}

/// For kernels, and confinements, without openat2: one name after the other, no link followed.
boost::system::result<UniqueFd> walk(UniqueFd at, const std::string& path) {
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") return error_code(EXDEV, boost::system::system_category());
    const int last = end == path.size() ? 0 : O_DIRECTORY;
    UniqueFd next(::openat(at.get(), name.c_str(), kFlags | O_NOFOLLOW | last));
    if (!next) return last_error();
    at = std::move(next);
  }
  return at;
}

}  // namespace

boost::system::result<UniqueFd> open_beneath(const std::string& folder, const std::string& path, Lookup lookup) {
  if (path.empty() || path.front() == '/') return error_code(EXDEV, boost::system::system_category());
  if (path.find('\0') != std::string::npos) return error_code(ENOENT, boost::system::system_category());
  UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return last_error();
  UniqueFd file(open_beneath_fd(root.get(), path.c_str(), lookup));
  if (file) return file;
  if (errno != ENOSYS && errno != EPERM) return last_error();
  if (lookup == Lookup::only_cached) return error_code(EAGAIN, boost::system::system_category());
  return walk(std::move(root), path);
}

}  // namespace kismet
