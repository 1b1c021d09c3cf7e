#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <thread>

#include "base/make_folder.h"
#include "base/unique_fd.h"

namespace kismet {

namespace {

using boost::system::error_code;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

error_code failure(boost::system::errc::errc_t code) {
  return boost::system::errc::make_error_code(code);
}

/// Where writing to `path` would write: links followed, if there is something behind them.
std::string behind_links(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) != nullptr ? std::string(resolved) : path;
}

error_code write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error();
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// Root that writes for a daemon under another user must not take the file away from it.
error_code keep_owner(int fd, const std::string& target, const std::string& folder) {
  if (::geteuid() != 0) return {};
  struct stat before {};
  if (::stat(target.c_str(), &before) != 0 && ::stat(folder.c_str(), &before) != 0) return last_error();
  return ::fchown(fd, before.st_uid, before.st_gid) == 0 ? error_code{} : last_error();
}

error_code fill(int fd, std::string_view content, mode_t mode, const std::string& target, const std::string& folder) {
  if (const error_code ec = keep_owner(fd, target, folder)) return ec;
  if (::fchmod(fd, mode) != 0) return last_error();
  if (const error_code ec = write_all(fd, content)) return ec;
  return ::fsync(fd) == 0 ? error_code{} : last_error();
}

}  // namespace

boost::system::result<std::string> read_whole_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return last_error();
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return last_error();
  if (S_ISDIR(about.st_mode)) return failure(boost::system::errc::is_a_directory);
  if (!S_ISREG(about.st_mode)) return failure(boost::system::errc::invalid_argument);
  std::string content;
  char piece[16384];
  for (;;) {
    const ssize_t count = ::read(file.get(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error();
    if (count == 0) return content;
    if (content.size() + static_cast<std::size_t>(count) > limit) return failure(boost::system::errc::file_too_large);
    content.append(piece, static_cast<std::size_t>(count));
  }
}

error_code make_folder_of(const std::string& path) {
  return ::mkdir(folder_of(path).c_str(), 0700) == 0 || errno == EEXIST ? error_code{} : last_error();
}

error_code replace_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string target = behind_links(path);
  const std::string folder = folder_of(target);
  if (const error_code ec = make_folder_of(target)) return ec;
  const std::string temporary = target + ".new";
  ::unlink(temporary.c_str());
  const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return last_error();
  error_code ec = fill(file.get(), content, mode, target, folder);
  if (!ec && ::rename(temporary.c_str(), target.c_str()) != 0) ec = last_error();
  if (ec) {
    ::unlink(temporary.c_str());
    return ec;
  }
  const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0 ? error_code{} : last_error();
}

// The lock file stays: to unlink it would let two holders lock two files of one name.
boost::system::result<FileLock> FileLock::acquire(const std::string& path) {
  using namespace std::chrono_literals;
  const std::string lock_path = behind_links(path) + ".lock";
  if (const error_code ec = make_folder_of(lock_path)) return ec;
  FileLock lock;
  lock.fd_.reset(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.fd_) return last_error();
  if (const error_code ec = keep_owner(lock.fd_.get(), lock_path, folder_of(lock_path))) return ec;
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return last_error();
    if (std::chrono::steady_clock::now() > until) return failure(boost::system::errc::timed_out);
    std::this_thread::sleep_for(10ms);
  }
  return lock;
}

}  // namespace kismet
