#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kismet {

/// Close codes (RFC 6455, 7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,  // Text where binary is wanted, or the other way round.
  none = 1005,         // Never sent: the close frame has no code.
  bad_payload = 1007,  // Text that is no UTF-8.
  policy = 1008,
  too_large = 1009,
  internal_error = 1011,
  try_again = 1013,
};

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Reads a client's frames (RFC 6455, 5) as their bytes come, and puts messages together.
/// Thread rule: none of its own. Owned by the WebSocket.
class WebSocketFrameReader {
 public:
  enum class Event : std::uint8_t {
    more,     // All input is used up.
    message,  // take_message(), is_text().
    ping,     // control_payload().
    pong,
    close,   // close_code(), and control_payload() for the answer.
    broken,  // close_code() says how; nothing more is read.
  };

  /// `limit`: bytes of a message.
  explicit WebSocketFrameReader(std::size_t limit) : limit_(limit) {}

  /// Takes bytes off `input` up to the next event.
  Event next(std::string_view& input);

  bool is_text() const { return text_; }
  std::string take_message() { return std::exchange(message_, {}); }
  std::string_view control_payload() const { return control_; }
  CloseCode close_code() const { return code_; }

 private:
  bool read_head(std::string_view& input);
  bool head_is_valid();
  void read_payload(std::string_view& input);
  Event end_of_frame();
  Event end_of_close();
  Event broken(CloseCode code);
  bool is_control() const { return (static_cast<unsigned>(opcode_) & 8U) != 0; }

  std::size_t limit_;
  std::array<unsigned char, 14> head_{};
  std::uint8_t head_size_ = 0;
  bool in_payload_ = false;
  bool fin_ = false;
  bool in_message_ = false;  // Pieces of a message have come, and its last one has not.
  bool text_ = false;
  bool broken_ = false;
  Opcode opcode_ = Opcode::continuation;
  std::array<char, 4> mask_{};
  std::uint8_t mask_at_ = 0;
  std::uint64_t left_ = 0;  // Bytes of the payload still to come.
  CloseCode code_ = CloseCode::none;
  std::string message_;
  std::string control_;
};

/// The head of a server's frame, whole and not masked.
std::string frame_head(Opcode opcode, std::size_t size);

/// The payload of a close frame; `reason` is cut to what fits.
std::string close_frame_payload(CloseCode code, std::string_view reason);

}  // namespace kismet
