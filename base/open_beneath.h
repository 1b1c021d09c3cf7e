#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace kismet {

/// Whether a path may be looked up on the disk, or only in what the kernel has in memory.
enum class Lookup : std::uint8_t { may_block, only_cached };

/// Opens a file or folder for reading that lies inside `folder`: neither "..", nor an absolute path, nor a symbolic
/// link on the way leads out of it; links that stay inside are followed (not on kernels before 5.6, which follow none).
/// Errors: resource_unavailable_try_again with only_cached: ask again, where it may block; cross_device_link: the path
/// leads out; others are the system's.
boost::system::result<UniqueFd> open_beneath(const std::string& folder, const std::string& path, Lookup lookup);

}  // namespace kismet
