#include "bench/helper/streams.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace kismet::bench {

namespace {

constexpr std::size_t kBatch = 256;      // Lines between two looks at the clock, and two writes.
constexpr std::size_t kLineLength = 64;  // Bytes, the newline included.

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void Streams::start(wire::RequestId id, FrameWriter& out) {
  index_[id.value] = streams_.size();
  streams_.push_back({id});
  add_line(streams_.back(), now_ns(), out);
}

void Streams::cancel(wire::RequestId id) {
  const auto found = index_.find(id.value);
  if (found == index_.end()) return;
  // The last one moves into the gap; a line that it may miss or get twice in this tick is not worth the bookkeeping.
  const std::size_t gap = found->second;
  index_.erase(found);
  if (gap + 1 != streams_.size()) {
    streams_[gap] = streams_.back();
    index_[streams_[gap].id.value] = gap;
  }
  streams_.pop_back();
  due_ = std::min(due_, streams_.size());
}

void Streams::produce(FrameWriter& out) {
  if (due_ == 0 || !out.has_room()) return;
  const std::int64_t now = now_ns();
  for (std::size_t i = 0; i < kBatch && due_ > 0; ++i) add_line(streams_[--due_], now, out);
}

void Streams::add_line(Stream& stream, std::int64_t now, FrameWriter& out) {
  std::array<char, kLineLength + 1> line;
  const int used = std::snprintf(line.data(), line.size(), "%llu %lld ",
                                 static_cast<unsigned long long>(stream.lines++), static_cast<long long>(now));
  std::fill(line.begin() + used, line.end(), '.');
  line[kLineLength - 1] = '\n';
  wire::HttpResponse frame;
  frame.id = stream.id;
  frame.content = std::string_view(line.data(), kLineLength);
  if (stream.lines == 1) frame.result_code = 200;
  out.add(frame);
}

}  // namespace kismet::bench
