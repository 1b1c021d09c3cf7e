#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "bench/helper/bodies.h"
#include "bench/helper/frame_writer.h"
#include "external/messages.h"

namespace kismet::bench {

/// The large answers that are being given: those in sequence one after the other, the interleaved ones a frame in turn.
/// Thread rule: one thread. Owned by the program's loop.
class Answers {
 public:
  Answers();
  void start(wire::RequestId id, const Body& body);
  void cancel(wire::RequestId id);
  /// Adds frames to `out` while it has room.
  void produce(FrameWriter& out);
  bool idle() const { return sequence_.empty() && ring_.empty(); }

 private:
  struct Answer {
    wire::RequestId id;
    const Body* body;
    std::uint64_t offset = 0;
  };
  /// Adds one frame. True: it was the answer's last.
  bool add_frame(Answer& answer, FrameWriter& out);

  std::string pattern_;
  std::deque<Answer> sequence_;
  std::deque<Answer> ring_;
};

}  // namespace kismet::bench
