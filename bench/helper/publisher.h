#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/helper/frame_writer.h"

namespace kismet::bench {

/// Events of topic BENCH at a steady rate: {"number": N, "sent": monotonic nanoseconds, "padding": "..."}.
/// Thread rule: one thread. Owned by the program's loop.
class Publisher {
 public:
  /// `rate`: events a second, over `ticks` calls of tick(). `size`: about so many bytes an event.
  Publisher(std::uint64_t rate, std::uint64_t ticks, std::size_t size);
  void tick(FrameWriter& out);

 private:
  std::uint64_t rate_;
  std::uint64_t ticks_;
  std::string padding_;
  std::uint64_t owed_ = 0;  // Events times ticks_.
  std::uint64_t number_ = 0;
  std::string json_;
};

}  // namespace kismet::bench
