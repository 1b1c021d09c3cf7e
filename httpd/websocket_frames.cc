#include "httpd/websocket_frames.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace kismet {

namespace {

constexpr std::size_t kControlLimit = 125;

bool may_be_received(unsigned code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

WebSocketFrameReader::Event WebSocketFrameReader::next(std::string_view& input) {
  while (!broken_) {
    if (!in_payload_) {
      if (!read_head(input)) return broken_ ? Event::broken : Event::more;
      if (!head_is_valid()) return Event::broken;
    }
    read_payload(input);
    if (left_ > 0) return Event::more;
    in_payload_ = false;
    head_size_ = 0;
    const Event event = end_of_frame();
    if (event != Event::more) return event;
  }
  return Event::broken;
}

bool WebSocketFrameReader::read_head(std::string_view& input) {
  const auto wanted = [this] {
    if (head_size_ < 2) return std::size_t{2};
    const unsigned length = head_[1] & 0x7fU;
    const std::size_t length_bytes = length == 127 ? 8 : (length == 126 ? 2 : 0);
    return 2 + length_bytes + ((head_[1] & 0x80U) != 0 ? 4 : 0);
  };
  while (head_size_ < wanted()) {
    if (input.empty()) return false;
    head_[head_size_++] = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    // What is wrong with the first bytes is told before the rest has come.
    const unsigned opcode = head_[0] & 0x0fU;
    const bool reserved = (head_[0] & 0x70U) != 0;
    if (reserved || !is_known(opcode) || (head_size_ >= 2 && (head_[1] & 0x80U) == 0)) {
      broken(CloseCode::protocol_error);
      return false;
    }
  }
  return true;
}

bool WebSocketFrameReader::head_is_valid() {
  fin_ = (head_[0] & 0x80U) != 0;
  opcode_ = static_cast<Opcode>(head_[0] & 0x0fU);
  left_ = head_[1] & 0x7fU;
  std::size_t at = 2;
  if (left_ >= 126) {
    const std::size_t bytes = left_ == 126 ? 2 : 8;
    left_ = 0;
    for (; at < 2 + bytes; ++at) left_ = left_ << 8 | head_[at];
    if (left_ < (bytes == 2 ? 126U : 65536U)) return broken(CloseCode::protocol_error), false;
  }
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at), mask_.size(), mask_.begin());
  mask_at_ = 0;

  if (is_control()) {
    if (!fin_ || left_ > kControlLimit) return broken(CloseCode::protocol_error), false;
    control_.clear();
  } else {
    if ((opcode_ == Opcode::continuation) != in_message_) return broken(CloseCode::protocol_error), false;
    if (left_ > limit_ || message_.size() + left_ > limit_) return broken(CloseCode::too_large), false;
    if (!in_message_) text_ = opcode_ == Opcode::text;
    in_message_ = !fin_;
  }
  in_payload_ = true;
  return true;
}

void WebSocketFrameReader::read_payload(std::string_view& input) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  std::string& to = is_control() ? control_ : message_;
  const std::size_t begin = to.size();
  to.append(input.substr(0, count));
  for (std::size_t i = begin; i < to.size(); ++i) {
    to[i] = static_cast<char>(to[i] ^ mask_[mask_at_]);
    mask_at_ = (mask_at_ + 1U) & 3U;
  }
  input.remove_prefix(count);
  left_ -= count;
}

WebSocketFrameReader::Event WebSocketFrameReader::end_of_frame() {
  switch (opcode_) {
    case Opcode::ping:
      return Event::ping;
    case Opcode::pong:
      return Event::pong;
    case Opcode::close:
      return end_of_close();
    default:
      break;
  }
  if (!fin_) return Event::more;
  if (text_ && !is_valid_utf8(message_)) return broken(CloseCode::bad_payload);
  return Event::message;
}

WebSocketFrameReader::Event WebSocketFrameReader::end_of_close() {
  broken_ = true;  // Nothing may follow.
  code_ = CloseCode::none;
  if (control_.empty()) return Event::close;
  if (control_.size() == 1) return broken(CloseCode::protocol_error);
  const unsigned code = static_cast<unsigned char>(control_[0]) * 256U + static_cast<unsigned char>(control_[1]);
  if (!may_be_received(code)) return broken(CloseCode::protocol_error);
  if (!is_valid_utf8(std::string_view(control_).substr(2))) return broken(CloseCode::bad_payload);
  code_ = static_cast<CloseCode>(code);
  return Event::close;
}

WebSocketFrameReader::Event WebSocketFrameReader::broken(CloseCode code) {
  broken_ = true;
  code_ = code;
  return Event::broken;
}

std::string frame_head(Opcode opcode, std::size_t size) {
  std::string head(1, static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  const std::size_t length_bytes = size < 126 ? 0 : (size < 65536 ? 2 : 8);
  head += static_cast<char>(length_bytes == 0 ? size : (length_bytes == 2 ? 126 : 127));
  for (std::size_t i = length_bytes; i > 0; --i) head += static_cast<char>(std::uint64_t{size} >> (8 * (i - 1)));
  return head;
}

std::string close_frame_payload(CloseCode code, std::string_view reason) {
  if (code == CloseCode::none) return {};
  std::string payload;
  payload += static_cast<char>(static_cast<unsigned>(code) >> 8);
  payload += static_cast<char>(static_cast<unsigned>(code) & 0xffU);
  return payload.append(utf8_prefix(reason, kControlLimit - 2));
}

}  // namespace kismet
