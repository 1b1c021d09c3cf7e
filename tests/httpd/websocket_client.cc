#include "tests/httpd/websocket_client.h"

namespace kismet::test {

namespace {

constexpr char kMask[] = {0x11, 0x22, 0x33, 0x44};

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)));
}

}  // namespace

std::string Frame::bytes() const {
  std::string out;
  out += static_cast<char>((fin ? 0x80U : 0U) | reserved << 4 | opcode);
  const unsigned mask_bit = masked ? 0x80U : 0U;
  const std::size_t size = payload.size();
  const unsigned form = length_bytes ? length_bytes : (size < 126 ? 1 : (size < 65536 ? 2 : 8));
  if (form == 1) {
    out += static_cast<char>(mask_bit | size);
  } else {
    out += static_cast<char>(mask_bit | (form == 2 ? 126U : 127U));
    append_big_endian(out, size, form);
  }
  if (masked) out.append(kMask, sizeof kMask);
  for (std::size_t i = 0; i < size; ++i) out += masked ? static_cast<char>(payload[i] ^ kMask[i % 4]) : payload[i];
  return out;
}

int ReceivedFrame::close_code() const {
  if (payload.size() < 2) return 1005;
  return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

RawAnswer WebSocketClient::open(std::string_view more_headers) {
  return raw_.ask("GET " + path_ +
                  " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
                  std::string(more_headers) + "\r\n");
}

ReceivedFrame WebSocketClient::receive() {
  ReceivedFrame frame;
  std::string head;
  if (!raw_.read_bytes(2, head)) return frame;
  frame.fin = (head[0] & 0x80) != 0;
  frame.reserved = static_cast<unsigned>(head[0] >> 4) & 7U;
  frame.opcode = static_cast<unsigned>(head[0]) & 15U;
  frame.masked = (head[1] & 0x80) != 0;
  std::uint64_t size = static_cast<unsigned>(head[1]) & 127U;
  if (size >= 126) {
    std::string length;
    if (!raw_.read_bytes(size == 126 ? 2 : 8, length)) return frame;
    size = 0;
    for (const char c : length) size = size << 8 | static_cast<unsigned char>(c);
  }
  frame.valid = raw_.read_bytes(size, frame.payload);
  return frame;
}

int WebSocketClient::wait_for_close() {
  for (;;) {
    const ReceivedFrame frame = receive();
    if (!frame.valid) return 0;
    if (frame.opcode == 8) return frame.close_code();
  }
}

std::string close_payload(int code, std::string_view reason) {
  std::string payload;
  append_big_endian(payload, static_cast<std::uint64_t>(code), 2);
  return payload.append(reason);
}

}  // namespace kismet::test
