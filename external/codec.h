#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "external/frame.h"
#include "external/messages.h"

namespace kismet::wire {

/// What the peers that speak a generation need from us beside its frames (proto/README.md, "Peers and their habits").
struct Quirks {
  /// They handle one frame a read, and what else was in it waits for more bytes: send one, wait until it was read.
  bool one_frame_a_read = false;
  /// Once they have sent a PING they end if their last PONG is older than 5 s, asked for or not.
  bool exits_on_old_pong = false;
  /// They register each letter of an event's name as an event.
  bool splits_event_names = false;
  /// Some of them hold no frame of 16 KiB.
  bool holds_small_frames = false;
};

/// A frame's command, or why it cannot be read.
struct Decoded {
  Command command;        // Views of the frame's bytes.
  std::string_view name;  // The command's name, as v0 and v2 call it; empty if that is what cannot be read.
  Seqno seqno;
  std::string problem;  // For people: "required field 2 is missing". Not empty: `command` means nothing.
};

/// A wire generation: the commands of both directions to and from its frames. Has no state.
/// Thread rule: safe everywhere. Lives as long as the program.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual Generation generation() const = 0;
  virtual Quirks quirks() const = 0;
  virtual Decoded decode(const Frame& frame) const = 0;
  /// Appends the frame of `command` to `out`, unless it is longer than `limit` bytes. Returns its length, either way.
  virtual std::size_t encode(const Command& command, Seqno seqno, std::size_t limit, std::string& out) const = 0;
};

/// The name of the command with that index in Command, as v0 and v2 send it; "UNKNOWN" for Unknown.
std::string_view command_name_at(std::size_t index);

const Codec& codec_v0();
const Codec& codec_v2();
const Codec& codec_v3();
const Codec& codec_of(Generation generation);

}  // namespace kismet::wire
