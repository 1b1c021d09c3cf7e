#include "bench/helper/frame_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace kismet::bench {

void FrameWriter::add(const wire::Command& command) {
  codec_.encode(command, wire::Seqno{++seqno_}, std::numeric_limits<std::size_t>::max(), buffer_);
  ++frames_;
}

bool FrameWriter::flush() {
  while (sent_ < buffer_.size()) {
    const ssize_t count = ::write(fd_, buffer_.data() + sent_, buffer_.size() - sent_);
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    if (!blocked_) blocked_since_ = std::chrono::steady_clock::now();
    blocked_ = true;
    return true;
  }
  buffer_.clear();
  sent_ = 0;
  if (blocked_) longest_block_ = std::max(longest_block_, std::chrono::steady_clock::now() - blocked_since_);
  blocked_ = false;
  return true;
}

std::chrono::nanoseconds FrameWriter::take_longest_block() {
  return std::exchange(longest_block_, std::chrono::nanoseconds(0));
}

}  // namespace kismet::bench
