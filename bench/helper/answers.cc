#include "bench/helper/answers.h"

#include <algorithm>

#include "bench/pattern.h"

namespace kismet::bench {

Answers::Answers() : pattern_(BENCH_PATTERN_SIZE, '\0') {
  bench_pattern_fill(reinterpret_cast<unsigned char*>(pattern_.data()));
}

void Answers::start(wire::RequestId id, const Body& body) {
  (body.order == Order::interleaved ? ring_ : sequence_).push_back({id, &body});
}

void Answers::cancel(wire::RequestId id) {
  const auto is_it = [id](const Answer& answer) { return answer.id == id; };
  std::erase_if(sequence_, is_it);
  std::erase_if(ring_, is_it);
}

void Answers::produce(FrameWriter& out) {
  while (out.has_room() && !sequence_.empty()) {
    if (add_frame(sequence_.front(), out)) sequence_.pop_front();
  }
  while (out.has_room() && !ring_.empty()) {
    Answer answer = ring_.front();
    ring_.pop_front();
    if (!add_frame(answer, out)) ring_.push_back(answer);
  }
}

bool Answers::add_frame(Answer& answer, FrameWriter& out) {
  const std::uint64_t left = answer.body->size - answer.offset;
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, answer.body->frame));
  wire::HttpResponse frame;
  frame.id = answer.id;
  frame.content = std::string_view(pattern_).substr(answer.offset % BENCH_PATTERN_PERIOD, length);
  if (answer.offset == 0) frame.result_code = 200;
  answer.offset += length;
  frame.close = answer.offset == answer.body->size;
  out.add(frame);
  return frame.close;
}

}  // namespace kismet::bench
