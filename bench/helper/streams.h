#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bench/helper/frame_writer.h"
#include "external/messages.h"

namespace kismet::bench {

/// The open streams: each gets its first line at once, and all of them one more at each tick. A line is
/// "NUMBER SENT padding\n": its number in its stream from 0, and the monotonic clock in nanoseconds when its batch was
/// written.
/// Thread rule: one thread. Owned by the program's loop.
class Streams {
 public:
  void start(wire::RequestId id, FrameWriter& out);
  void cancel(wire::RequestId id);
  /// A line is due on every stream.
  void tick() { due_ = streams_.size(); }
  /// Adds the lines that are due, a small batch, so that each carries the time of its own write.
  void produce(FrameWriter& out);
  bool idle() const { return due_ == 0; }
  std::size_t open() const { return streams_.size(); }

 private:
  struct Stream {
    wire::RequestId id;
    std::uint64_t lines = 0;
  };
  static void add_line(Stream& stream, std::int64_t now, FrameWriter& out);

  std::vector<Stream> streams_;
  std::unordered_map<std::uint32_t, std::size_t> index_;  // Of a request in streams_.
  std::size_t due_ = 0;                                   // The first so many of streams_ still have a line coming.
};

}  // namespace kismet::bench
