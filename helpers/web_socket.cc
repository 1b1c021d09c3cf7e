#include "helpers/web_socket.h"

#include <sys/random.h>

#include <array>
#include <boost/uuid/detail/sha1.hpp>
#include <span>

namespace kismet::helper {

namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;
constexpr std::uint64_t kMessageLimit = 64 * 1024 * 1024;
constexpr std::size_t kControlLimit = 125;

void fill_randomly(std::span<unsigned char> bytes) {
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (at + i < bytes.size() ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::uint64_t load(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

void WebSocket::wrap(std::string_view frame, std::string& out) {
  append(kBinary, frame, out);
}

void WebSocket::append(std::uint8_t opcode, std::string_view payload, std::string& out) {
  out += static_cast<char>(kFinal | opcode);
  const std::size_t size = payload.size();
  const std::size_t extra = size <= kControlLimit ? 0 : size <= 0xFFFF ? 2 : 8;
  const std::size_t marker = extra == 0 ? size : extra == 2 ? 126 : 127;
  out += static_cast<char>(kMasked | marker);
  for (std::size_t i = extra; i-- > 0;) out += static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i));
  std::array<unsigned char, 4> mask{};
  fill_randomly(mask);
  for (const unsigned char byte : mask) out += static_cast<char>(byte);
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
}

bool WebSocket::unwrap(std::string& raw, std::string& content, std::string& answers) {
  std::size_t taken = 0;
  bool open = true;
  while (open && raw.size() - taken >= 2) {
    const std::string_view bytes = std::string_view(raw).substr(taken);
    const auto opcode = static_cast<std::uint8_t>(bytes[0] & 0x0F);
    const std::size_t marker = static_cast<unsigned char>(bytes[1]) & 0x7F;
    const std::size_t extra = marker == 126 ? 2 : marker == 127 ? 8 : 0;
    const std::size_t head = 2 + extra;
    if (bytes.size() < head) break;
    const std::uint64_t size = extra == 0 ? marker : load(bytes, 2, extra);
    if (size > kMessageLimit || (static_cast<unsigned char>(bytes[1]) & kMasked) != 0) return false;
    if (bytes.size() - head < size) break;
    const std::string_view payload = bytes.substr(head, size);
    taken += head + size;
    if (opcode == kBinary || opcode == kContinuation) {
      content += payload;
    } else if (opcode == kPing) {
      append(kPong, payload, answers);
    } else if (opcode == kClose) {
      append(kClose, payload.substr(0, 2), answers);
      open = false;
    } else if (opcode != kPong) {
      return false;
    }
  }
  raw.erase(0, taken);
  return open;
}

std::string make_web_socket_key() {
  std::array<unsigned char, 16> bytes{};
  fill_randomly(bytes);
  return base64(bytes);
}

std::string web_socket_accept(const std::string& key) {
  boost::uuids::detail::sha1 sha;
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  sha.process_bytes(text.data(), text.size());
  unsigned int digest[5];
  sha.get_digest(digest);
  std::array<unsigned char, 20> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(digest[i / 4] >> (24 - 8 * (i % 4)));
  }
  return base64(bytes);
}

}  // namespace kismet::helper
