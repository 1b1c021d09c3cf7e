#include "external/frame.h"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <cstring>
#include <limits>
#include <utility>

namespace kismet::wire {

namespace {

constexpr std::uint32_t kSignature = 0xDECAFBAD;
constexpr std::uint32_t kMarkV2 = 0xABCD0002;
constexpr std::uint32_t kMarkV3 = 0xA9A90003;

// Offsets in a header; the first three are common to all generations.
constexpr std::size_t kMarkAt = 4;  // v0: the checksum.
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kCommonSize = 12;
constexpr std::size_t kCommandAt = 12;  // v2.
constexpr std::size_t kCommandSize = 32;
constexpr std::size_t kSeqnoAtV2 = 44;
constexpr std::size_t kTypeAt = 12;  // v3.
constexpr std::size_t kCodeAt = 14;
constexpr std::size_t kSeqnoAtV3 = 16;

// The highest packet type that a v3 peer is known to use.
constexpr std::uint16_t kHighestType = 69;

std::uint32_t load32(std::string_view bytes, std::size_t at) {
  return boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(bytes.data() + at));
}

std::uint16_t load16(std::string_view bytes, std::size_t at) {
  return boost::endian::load_big_u16(reinterpret_cast<const unsigned char*>(bytes.data() + at));
}

/// The first bytes, up to four.
std::uint32_t load_first(std::string_view bytes, std::size_t count) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, count)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void store32(std::span<char> bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

void store16(std::span<char> bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<char>(value >> 8);
  bytes[at + 1] = static_cast<char>(value);
}

std::string hex(std::uint32_t value, std::size_t digits = 8) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (std::size_t i = digits; i-- > 0;) text += kDigits[value >> (4 * i) & 15];
  return text;
}

std::string_view command_of(std::string_view bytes) {
  const std::string_view field = bytes.substr(kCommandAt, kCommandSize);
  return field.substr(0, field.find('\0'));
}

bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string_view to_string(Generation generation) {
  constexpr std::array<std::string_view, 3> kNames{"v0", "v2", "v3"};
  return kNames[static_cast<std::size_t>(generation)];
}

std::size_t header_size(Generation generation) {
  constexpr std::array<std::size_t, 3> kSizes{12, 48, 20};
  return kSizes[static_cast<std::size_t>(generation)];
}

FrameParser::FrameParser(std::size_t limit, std::optional<Generation> forced)
    : limit_(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max())), generation_(forced) {}

Parsed FrameParser::next(std::string_view bytes) {
  // A wrong signature shows in its first byte: what is no frame at all is not waited for.
  const std::size_t seen = std::min<std::size_t>(bytes.size(), 4);
  if (seen > 0) {
    const std::uint32_t signature = seen == 4 ? load32(bytes, 0) : load_first(bytes, seen);
    if (signature != kSignature >> (8 * (4 - seen))) return broken("bad signature " + hex(signature, 2 * seen));
  }
  if (bytes.size() < kCommonSize) return Incomplete{kCommonSize};

  const std::uint32_t mark = load32(bytes, kMarkAt);
  const Generation claimed = mark == kMarkV2 ? Generation::v2 : mark == kMarkV3 ? Generation::v3 : Generation::v0;
  if (generation_) {
    if (*generation_ != Generation::v0 && *generation_ != claimed) {
      return broken("not a " + std::string(to_string(*generation_)) + " frame, but " + hex(mark) +
                    " after the signature");
    }
    return read_as(*generation_, bytes);
  }
  // The mark of a later generation may be a v0 checksum that happens to look like it (1 in 2^31): v0 is believed only
  // if the bytes cannot be of the later one, and the checksum is right.
  if (claimed != Generation::v0 && !possible(claimed, bytes)) {
    Parsed as_v0 = read_as(Generation::v0, bytes);
    if (!std::holds_alternative<Broken>(as_v0)) return as_v0;
  }
  return read_as(claimed, bytes);
}

bool FrameParser::possible(Generation generation, std::string_view bytes) const {
  if (load32(bytes, kLengthAt) > limit_ - std::min(limit_, header_size(generation))) return false;
  if (generation == Generation::v2) {
    const std::string_view command = command_of(bytes);
    return is_name(command) && (!command.empty() || bytes.size() == kCommandAt);
  }
  if (bytes.size() < kTypeAt + 2) return bytes.size() == kTypeAt || bytes[kTypeAt] == 0;
  return load16(bytes, kTypeAt) <= kHighestType;
}

Parsed FrameParser::read_as(Generation generation, std::string_view bytes) {
  const std::size_t header = header_size(generation);
  const std::uint32_t length = load32(bytes, kLengthAt);
  if (length > limit_ - std::min(limit_, header)) {
    return broken("a frame of " + std::to_string(header + length) + " bytes, over the limit of " +
                  std::to_string(limit_) + ",");
  }
  Frame frame;
  frame.size = header + length;
  if (bytes.size() < frame.size) return Incomplete{frame.size};
  frame.generation = generation;
  frame.payload = bytes.substr(header, length);
  switch (generation) {
    case Generation::v0: {
      const std::uint32_t told = load32(bytes, kMarkAt);
      const std::uint32_t computed = checksum(frame.payload);
      if (told != computed) return broken("checksum " + hex(told) + " where the payload has " + hex(computed) + ",");
      break;
    }
    case Generation::v2:
      frame.command = command_of(bytes);
      frame.seqno = {load32(bytes, kSeqnoAtV2)};
      break;
    case Generation::v3:
      frame.type = load16(bytes, kTypeAt);
      frame.code = load16(bytes, kCodeAt);
      frame.seqno = {load32(bytes, kSeqnoAtV3)};
      break;
  }
  generation_ = generation;
  offset_ += frame.size;
  return frame;
}

Broken FrameParser::broken(std::string what) const {
  return {std::move(what) + " at byte " + std::to_string(offset_)};
}

void write_header(const Label& label, std::span<char> frame) {
  const std::size_t header = header_size(label.generation);
  const std::string_view payload(frame.data() + header, frame.size() - header);
  store32(frame, 0, kSignature);
  store32(frame, kLengthAt, static_cast<std::uint32_t>(payload.size()));
  switch (label.generation) {
    case Generation::v0:
      store32(frame, kMarkAt, checksum(payload));
      break;
    case Generation::v2: {
      const std::string_view command = label.command.substr(0, kCommandSize - 1);
      store32(frame, kMarkAt, kMarkV2);
      std::memset(&frame[kCommandAt], 0, kCommandSize);
      std::memcpy(&frame[kCommandAt], command.data(), command.size());
      store32(frame, kSeqnoAtV2, label.seqno.value);
      break;
    }
    case Generation::v3:
      store32(frame, kMarkAt, kMarkV3);
      store16(frame, kTypeAt, label.type);
      store16(frame, kCodeAt, label.code);
      store32(frame, kSeqnoAtV3, label.seqno.value);
      break;
  }
}

std::uint32_t checksum(std::string_view payload) {
  if (payload.size() < 4) return 0;
  // Lane i adds up the bytes i, i + 16, ...; each lane's sum is added to its sum of sums once a block, before the
  // block. All is modulo 65536, as the result is, so that lanes may wrap; the compiler makes vectors of them.
  constexpr std::uint32_t kLanes = 16;
  std::array<std::uint16_t, kLanes> sums{};
  std::array<std::uint16_t, kLanes> sums_of_sums{};
  const auto* at = reinterpret_cast<const unsigned char*>(payload.data());
  const auto* const end = at + payload.size();
  for (; static_cast<std::size_t>(end - at) >= kLanes; at += kLanes) {
    for (std::uint32_t i = 0; i < kLanes; ++i) {
      sums_of_sums[i] = static_cast<std::uint16_t>(sums_of_sums[i] + sums[i]);
      sums[i] = static_cast<std::uint16_t>(sums[i] + at[i]);
    }
  }
  std::uint32_t sum = 0;
  std::uint32_t sum_of_sums = 0;
  for (std::uint32_t i = 0; i < kLanes; ++i) {
    sum += sums[i];
    sum_of_sums += kLanes * sums_of_sums[i] + (kLanes - i) * sums[i];
  }
  for (; at != end; ++at) {
    sum += *at;
    sum_of_sums += sum;
  }
  return (sum & 0xFFFF) | sum_of_sums << 16;
}

}  // namespace kismet::wire
