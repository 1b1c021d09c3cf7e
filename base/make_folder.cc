#include "base/make_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace kismet {

namespace {

boost::system::error_code last_error() {
  return {errno, boost::system::system_category()};
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  const std::size_t slash = path.rfind('/', last);
  if (last == std::string::npos) return "/";
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

boost::system::error_code make_folder(const std::string& path, mode_t mode, const std::optional<Owner>& owner) {
  if (::mkdir(path.c_str(), mode & 0700U) != 0) {
    if (errno != EEXIST) return last_error();
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return last_error();
    return S_ISDIR(about.st_mode) ? boost::system::error_code{} : make_error_code(boost::system::errc::not_a_directory);
  }
  // By descriptor: whoever may write above it could have put something else in its place meanwhile.
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return last_error();
  struct stat made {};
  if (::fstat(folder.get(), &made) != 0) return last_error();
  if (made.st_uid != ::geteuid()) return make_error_code(boost::system::errc::operation_not_permitted);
  if (owner && ::fchown(folder.get(), owner->user, owner->group) != 0) return last_error();
  return ::fchmod(folder.get(), mode) == 0 ? boost::system::error_code{} : last_error();
}

}  // namespace kismet
