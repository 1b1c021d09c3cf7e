#include "external/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace kismet {

FrameReader::FrameReader(std::size_t usual_size, std::size_t frame_limit, std::optional<wire::Generation> forced)
    : parser_(frame_limit, forced), usual_size_(std::max<std::size_t>(usual_size, 4096)) {
  resize(usual_size_);
}

std::span<char> FrameReader::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > usual_size_ && wanted_ <= usual_size_) resize(usual_size_);
  }
  if (wanted_ > capacity_) {
    resize(wanted_);
  } else if (begin_ > 0 && (begin_ + wanted_ > capacity_ || end_ == capacity_)) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, pending());
    end_ = pending();
    begin_ = 0;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

wire::Parsed FrameReader::next() {
  wire::Parsed parsed = parser_.next({buffer_.get() + begin_, pending()});
  wanted_ = 0;
  if (const auto* frame = std::get_if<wire::Frame>(&parsed)) {
    begin_ += frame->size;
  } else if (const auto* incomplete = std::get_if<wire::Incomplete>(&parsed)) {
    wanted_ = incomplete->wanted;
  }
  return parsed;
}

void FrameReader::resize(std::size_t capacity) {
  std::unique_ptr<char[]> larger(new char[capacity]);
  if (pending() > 0) std::memcpy(larger.get(), buffer_.get() + begin_, pending());
  end_ = pending();
  begin_ = 0;
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

}  // namespace kismet
