#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "base/worker.h"

namespace kismet {

/// A file on its way to a client, read piece by piece: at once what the kernel has in memory, on the worker what must
/// come from the disk.
/// Thread rule: one loop. Owned by the coroutine that sends the file.
class FilePieces {
 public:
  /// `piece`: most bytes to read at a time, and to hold.
  FilePieces(UniqueFd file, std::size_t piece, Worker& worker, Executor home);

  /// Some bytes from `offset`, at most `most`; none at the end of the file. Valid until the next call.
  /// Errors: no_buffer_space when the worker is too busy; others are the system's.
  Task<boost::system::result<std::string_view>> read(std::uint64_t offset, std::uint64_t most);

 private:
  struct Open {
    UniqueFd file;
    std::vector<char> space;
  };
  std::shared_ptr<Open> open_;  // Shared with a read on the worker.
  Worker& worker_;
  Executor home_;
};

}  // namespace kismet
