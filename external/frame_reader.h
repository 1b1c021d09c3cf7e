#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "external/frame.h"

namespace kismet {

/// The bytes read from one helper, and the frames in them. One buffer, which grows beyond its usual size only for a
/// frame that needs it, up to the frame limit. Thread rule: none. Owned by the session.
class FrameReader {
 public:
  FrameReader(std::size_t usual_size, std::size_t frame_limit, std::optional<wire::Generation> forced);

  /// Where the next bytes are to be read to; never empty. Ends the views of all frames.
  std::span<char> space();
  void commit(std::size_t count) { end_ += count; }
  /// The next frame; its views last until space().
  wire::Parsed next();
  /// Bytes held of a frame that is not all there.
  std::size_t pending() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  std::optional<wire::Generation> generation() const { return parser_.generation(); }

 private:
  void resize(std::size_t capacity);

  wire::FrameParser parser_;
  const std::size_t usual_size_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;   // First byte not yet handed out.
  std::size_t end_ = 0;     // One past the last byte read.
  std::size_t wanted_ = 0;  // Bytes that the frame at begin_ needs.
};

}  // namespace kismet
