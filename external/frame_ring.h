#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "external/codec.h"

namespace kismet {

/// What is remembered of a frame that went by: enough for a report, and nothing that could be secret.
struct FrameNote {
  enum class Direction : std::uint8_t { in, out };  // In: from the helper.
  static constexpr std::uint8_t kUnreadable = 0xff;

  Direction direction = Direction::in;
  std::uint8_t command = kUnreadable;  // Its index in wire::Command.
  std::uint32_t seqno = 0;
  std::size_t size = 0;  // Bytes, header and payload.
  SteadyTime at{};

  std::string_view name() const { return command == kUnreadable ? "unreadable" : wire::command_name_at(command); }
};

/// The last frames of a session, both directions. Thread rule: the session's loop. Owned by the session.
class FrameRing {
 public:
  static constexpr std::size_t kKept = 32;

  void add(const FrameNote& note) { notes_[count_++ % kKept] = note; }
  /// Oldest first.
  std::vector<FrameNote> last() const {
    std::vector<FrameNote> notes;
    for (std::size_t i = count_ - std::min(count_, kKept); i < count_; ++i) notes.push_back(notes_[i % kKept]);
    return notes;
  }

 private:
  std::array<FrameNote, kKept> notes_;
  std::size_t count_ = 0;
};

}  // namespace kismet
