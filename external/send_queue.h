#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace kismet {

/// Encoded frames that wait to be written, in two lanes: what keeps the connection alive overtakes the rest, between
/// frames. Frames of a lane lie behind each other, so that one write takes as many as the pipe does.
/// Thread rule: none. Owned by the FrameSender, which asks size() against its limits before it adds.
class SendQueue {
 public:
  enum class Lane : std::uint8_t { normal, urgent };

  /// Where to append a frame's bytes; commit() then makes them one.
  std::string& back(Lane lane) { return lane_of(lane).bytes; }
  void commit(Lane lane);

  /// The bytes to write next: of one frame, or of as many as lie together. Empty if there are none. Valid until the
  /// next other call.
  std::string_view front(bool one_frame) const;
  /// Drops the first `count` bytes of front(); returns how many frames that ended.
  std::size_t consume(std::size_t count);
  /// Drops all frames of which nothing has been written.
  void drop_unsent();

  std::size_t size() const { return normal_.size() + urgent_.size(); }
  std::size_t frames() const { return normal_.lengths.size() + urgent_.lengths.size(); }
  bool empty() const { return size() == 0; }
  /// Whether the last write ended with a whole frame.
  bool between_frames() const { return normal_.written == 0 && urgent_.written == 0; }

 private:
  struct Frames {
    std::string bytes;
    std::size_t begin = 0;              // First byte not yet written.
    std::size_t committed = 0;          // One past the last byte of the last frame.
    std::size_t written = 0;            // Bytes of the first frame that are written already.
    std::deque<std::uint32_t> lengths;  // Of the frames, the first one whole.

    std::size_t size() const { return committed - begin; }
    std::size_t rest_of_first() const { return lengths.front() - written; }
    std::size_t consume(std::size_t count);
    void drop_unsent();
    void tidy();
  };

  Frames& lane_of(Lane lane) { return lane == Lane::urgent ? urgent_ : normal_; }
  bool urgent_next() const { return !urgent_.lengths.empty() && normal_.written == 0; }

  Frames normal_;
  Frames urgent_;
};

}  // namespace kismet
