#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "external/codec.h"

namespace kismet {

/// A frame of a helper's, as it goes by. Its views last while the tap is called.
struct TappedFrame {
  enum class Direction : std::uint8_t { in, out };  // In: from the helper.

  Direction direction = Direction::in;
  const wire::Codec& codec;
  std::string_view name;  // The command's; empty if that cannot be read, or is a number.
  wire::Seqno seqno;
  const wire::Command* command = nullptr;  // Null: it cannot be read.
  std::string_view problem;                // Why not.
  std::string_view bytes;                  // All of the frame, if it came in.
  std::size_t size = 0;                    // Bytes, header and payload.
};

/// Sees each frame of a session in both directions.
/// Thread rule: the session's loop. Outlives the session that it was given to.
class WireTap {
 public:
  virtual ~WireTap() = default;
  virtual void frame(const TappedFrame& frame) = 0;
};

}  // namespace kismet
