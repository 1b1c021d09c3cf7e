#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Frames of generation v0 as a helper writes and reads them, by code of its own: a witness and not a mirror of the
/// daemon's codec.
namespace kismet::testing::v0 {

inline std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

inline std::string field(char number, std::string_view bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + varint(bytes.size()) + std::string(bytes);
}

inline std::string field(char number, std::uint64_t value) {
  return std::string(1, static_cast<char>(number << 3)) + varint(value);
}

inline std::uint32_t checksum(std::string_view payload) {
  if (payload.size() < 4) return 0;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  for (const char byte : payload) second += first += static_cast<unsigned char>(byte);
  return (first & 0xffff) + (second << 16);
}

inline std::string frame(std::string_view command, std::string_view content) {
  static std::uint32_t seqno = 0;
  const std::string payload = field(1, command) + field(2, std::uint64_t{seqno++}) + field(3, content);
  return "\xDE\xCA\xFB\xAD" + big_endian(checksum(payload)) + big_endian(static_cast<std::uint32_t>(payload.size())) +
         payload;
}

inline std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// The number of a PING, from its payload: the varint after the command's name.
inline std::uint64_t seqno_of(std::string_view payload) {
  std::uint64_t value = 0;
  std::size_t at = 2 + static_cast<unsigned char>(payload[1]) + 1;
  for (int shift = 0; at < payload.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(payload[at++]);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace kismet::testing::v0
