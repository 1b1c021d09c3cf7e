#pragma once

#include <sys/types.h>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace kismet {

/// The whole of a regular file. Errors: file_too_large beyond `limit` bytes; others are the system's.
/// Blocks: call it at start, from the command line, or on a Worker.
boost::system::result<std::string> read_whole_file(const std::string& path, std::size_t limit);

/// Makes `path` hold `content`: whoever reads it sees the old content or the new one, even after a power failure. A
/// symbolic link stays, and what it points to is replaced. A missing parent folder is made, 0700. Written by root, the
/// file keeps its owner, or gets that of its folder. The caller holds the file's FileLock. What a writer that was
/// killed has left, `path`.new, is replaced by the next one. Blocks.
boost::system::error_code replace_file(const std::string& path, std::string_view content, mode_t mode);

/// Makes the folder that `path` is in, 0700, if it is missing.
boost::system::error_code make_folder_of(const std::string& path);

/// Held by whoever reads, changes and replaces `path`, in this program or another: an advisory lock on `path`.lock.
/// Released when destroyed, or when its program ends.
class FileLock {
 public:
  /// Waits up to five seconds for another holder. Errors: timed_out; others are the system's. Blocks.
  static boost::system::result<FileLock> acquire(const std::string& path);

 private:
  UniqueFd fd_;
};

}  // namespace kismet
