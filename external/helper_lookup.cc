#include "external/helper_lookup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace kismet {

namespace {

/// Empty if `path` may be run, else why not.
std::string reason_against(const std::string& path) {
  struct ::stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    return errno == ENOENT ? "no such file" : std::generic_category().message(errno);
  }
  if (S_ISDIR(about.st_mode)) return "is a directory";
  if (!S_ISREG(about.st_mode)) return "not a regular file";
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) return "not executable";
  return {};
}

std::vector<std::string> candidates(const std::string& program, std::span<const std::string> search_path) {
  if (program.starts_with('/')) return {program};
  std::vector<std::string> paths;
  if (program.empty() || program.find('/') != std::string::npos) return paths;
  for (const std::string& folder : search_path) {
    std::error_code ec;  // A helper has a working directory of its own, so its path is made absolute here.
    const std::filesystem::path whole = std::filesystem::absolute(std::filesystem::path(folder) / program, ec);
    paths.push_back(ec ? folder + "/" + program : whole.string());
  }
  return paths;
}

}  // namespace

std::string LookupFailure::text() const {
  if (program.empty()) return "no program is named";
  if (tried.empty()) {
    return "\"" + program + "\": " +
           (program.find('/') == std::string::npos ? "no folder to look in (helper_binary_path is empty)"
                                                   : "neither a file name without / nor an absolute path");
  }
  std::string text = "\"" + program + "\" cannot be run:";
  for (const Tried& one : tried) text += (&one == &tried.front() ? " " : "; ") + one.path + ": " + one.reason;
  return text;
}

boost::system::result<std::string, LookupFailure> find_program(const std::string& program,
                                                               std::span<const std::string> search_path) {
  LookupFailure failure{program, {}};
  for (const std::string& path : candidates(program, search_path)) {
    std::string reason = reason_against(path);
    if (reason.empty()) return {boost::system::in_place_value, path};
    failure.tried.push_back({path, std::move(reason)});
  }
  return {boost::system::in_place_error, std::move(failure)};
}

}  // namespace kismet
