#include "bench/helper/publisher.h"

#include <algorithm>
#include <chrono>

namespace kismet::bench {

namespace {
constexpr std::size_t kFrameSize = 64;  // Of the event's JSON around its padding, about.
}

Publisher::Publisher(std::uint64_t rate, std::uint64_t ticks, std::size_t size)
    : rate_(rate), ticks_(ticks), padding_(size - std::min(size, kFrameSize), '.') {}

void Publisher::tick(FrameWriter& out) {
  const std::int64_t now = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  for (owed_ += rate_; owed_ >= ticks_; owed_ -= ticks_) {
    json_ = "{\"number\": " + std::to_string(number_++) + ", \"sent\": " + std::to_string(now) + ", \"padding\": \"";
    json_ += padding_;
    json_ += "\"}";
    out.add(wire::EventbusPublish{"BENCH", json_});
  }
}

}  // namespace kismet::bench
