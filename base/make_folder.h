#pragma once

#include <sys/types.h>

#include <boost/system/error_code.hpp>
#include <optional>
#include <string>

namespace kismet {

/// Whose a file is.
struct Owner {
  ::uid_t user = 0;
  ::gid_t group = 0;
};

/// Makes the folder `path`, but not those above it, if it is missing: with `mode`, whatever the umask, and handed to
/// `owner` if there is one. A folder that is there stays as it is. Errors are the system's. Blocks.
boost::system::error_code make_folder(const std::string& path, mode_t mode, const std::optional<Owner>& owner = {});

/// The folder that `path` is in: "/run/x" for "/run/x/socket", "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace kismet
