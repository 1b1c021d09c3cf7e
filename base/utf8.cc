#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace kismet {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// How many bytes at the front are ASCII.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

struct Sequence {
  std::size_t size = 0;  // Of the character, or of the ill-formed part that one U+FFFD stands for.
  bool valid = false;
};

/// Looks at the character at the front of `text`, which is not empty.
Sequence front_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte's range excludes overlong forms, surrogates, and what lies past U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (text.size() < 2 || at(1) < low || at(1) > high) return {1, false};
  for (std::size_t i = 2; i < wanted; ++i) {
    if (i == text.size() || (at(i) & 0xC0) != 0x80) return {i, false};
  }
  return {wanted, true};
}

/// How many bytes at the front are well-formed.
std::size_t valid_prefix(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    i += ascii_prefix(text.substr(i));
    if (i == text.size()) break;
    const Sequence sequence = front_sequence(text.substr(i));
    if (!sequence.valid) break;
    i += sequence.size;
  }
  return i;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  return valid_prefix(text) == text.size();
}

std::string to_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t good = valid_prefix(text);
    valid.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) break;
    valid.append(kReplacement);
    text.remove_prefix(front_sequence(text).size);
  }
  return valid;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

}  // namespace kismet
