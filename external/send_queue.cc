#include "external/send_queue.h"

namespace kismet {

namespace {

// What an idle lane keeps of its memory.
constexpr std::size_t kKept = 64 * 1024;

}  // namespace

void SendQueue::commit(Lane lane) {
  Frames& frames = lane_of(lane);
  frames.lengths.push_back(static_cast<std::uint32_t>(frames.bytes.size() - frames.committed));
  frames.committed = frames.bytes.size();
}

std::string_view SendQueue::front(bool one_frame) const {
  const Frames& frames = urgent_next() ? urgent_ : normal_;
  if (frames.lengths.empty()) return {};
  // An urgent frame waits for no more than the end of the one that is being written.
  const bool only_first = one_frame || (&frames == &normal_ && !urgent_.lengths.empty());
  return std::string_view(frames.bytes).substr(frames.begin, only_first ? frames.rest_of_first() : frames.size());
}

std::size_t SendQueue::consume(std::size_t count) {
  return (urgent_next() ? urgent_ : normal_).consume(count);
}

void SendQueue::drop_unsent() {
  normal_.drop_unsent();
  urgent_.drop_unsent();
}

std::size_t SendQueue::Frames::consume(std::size_t count) {
  std::size_t ended = 0;
  begin += count;
  for (written += count; !lengths.empty() && written >= lengths.front(); ++ended) {
    written -= lengths.front();
    lengths.pop_front();
  }
  tidy();
  return ended;
}

void SendQueue::Frames::drop_unsent() {
  if (written == 0) {
    lengths.clear();
    begin = committed;
  } else {
    committed = begin + rest_of_first();
    lengths.resize(1);
  }
  bytes.resize(committed);
  tidy();
}

void SendQueue::Frames::tidy() {
  if (begin == committed) {
    bytes.clear();
    if (bytes.capacity() > kKept) bytes.shrink_to_fit();
    begin = committed = 0;
  } else if (begin > kKept && begin > bytes.size() / 2) {  // Moves each byte once at the most.
    bytes.erase(0, begin);
    committed -= begin;
    begin = 0;
  }
}

}  // namespace kismet
