#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "external/codec.h"

namespace kismet::bench {

/// Frames on their way into a non-blocking pipe: collected in one buffer, and written as much at once as the pipe
/// takes. Thread rule: one thread. Owned by the program's loop; the descriptor is the caller's.
class FrameWriter {
 public:
  FrameWriter(int fd, wire::Generation generation) : fd_(fd), codec_(wire::codec_of(generation)) {}

  void add(const wire::Command& command);
  /// Writes what the pipe takes. False: the other end is gone.
  bool flush();
  /// Whether bytes wait for the pipe to have room.
  bool blocked() const { return blocked_; }
  /// Whether a producer should add more before the next flush().
  bool has_room() const { return !blocked_ && buffer_.size() < kBatch; }

  /// The longest that bytes have waited for the pipe since the last call.
  std::chrono::nanoseconds take_longest_block();
  std::uint64_t frames() const { return frames_; }

 private:
  static constexpr std::size_t kBatch = 256 * 1024;

  int fd_;
  const wire::Codec& codec_;
  std::string buffer_;
  std::size_t sent_ = 0;  // Of buffer_.
  std::uint32_t seqno_ = 0;
  std::uint64_t frames_ = 0;
  bool blocked_ = false;
  std::chrono::steady_clock::time_point blocked_since_;
  std::chrono::nanoseconds longest_block_{0};
};

}  // namespace kismet::bench
