#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <vector>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "base/wakeup.h"
#include "external/output_lines.h"

namespace kismet {

/// Reads one of a helper's output streams line by line, no faster than its limit: a helper that floods waits in its own
/// write instead of keeping the loop busy.
/// Thread rule: all members run on `loop`. Owned by the helper's run, which awaits run() before it lets go.
class OutputReader {
 public:
  OutputReader(Loop& loop, UniqueFd from, const OutputSettings& settings, LineSplitter::OnLine on_line);

  /// Returns at the end of the stream, or after close().
  Task<void> run();
  /// Gives up what has not been read.
  void close();

 private:
  bool read_some();
  Task<void> rest_if_over_limit();

  Loop& loop_;
  net::posix::basic_stream_descriptor<Executor> from_;
  std::size_t read_limit_;
  LineSplitter lines_;
  std::vector<char> buffer_;
  SteadyTime second_began_{};
  std::size_t read_in_second_ = 0;
  bool closed_ = false;
  Wakeup rested_;
  Deadline rest_;
};

}  // namespace kismet
