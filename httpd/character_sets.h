#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace kismet {

/// A set of bytes, looked up in constant time.
class CharacterSet {
 public:
  constexpr explicit CharacterSet(std::string_view members) {
    for (const char c : members) bits_[static_cast<unsigned char>(c)] = true;
  }
  constexpr CharacterSet with(char first, char last) const {
    CharacterSet copy = *this;
    for (int c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) {
      copy.bits_[static_cast<std::size_t>(c)] = true;
    }
    return copy;
  }
  constexpr CharacterSet without(std::string_view members) const {
    CharacterSet copy = *this;
    for (const char c : members) copy.bits_[static_cast<unsigned char>(c)] = false;
    return copy;
  }
  constexpr bool has(char c) const { return bits_[static_cast<unsigned char>(c)]; }
  constexpr bool has_all(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char c) { return has(c); });
  }

 private:
  std::array<bool, 256> bits_{};
};

inline constexpr CharacterSet kDigits = CharacterSet("").with('0', '9');
inline constexpr CharacterSet kHexDigits = kDigits.with('a', 'f').with('A', 'F');
inline constexpr CharacterSet kAlphanumeric = kDigits.with('a', 'z').with('A', 'Z');
/// RFC 9110, 5.6.2.
inline constexpr CharacterSet kTokenCharacters =
    CharacterSet("!#$%&'*+-.^_`|~").with('0', '9').with('a', 'z').with('A', 'Z');
/// What a header value may hold: visible ASCII, space, tab, and bytes over 127.
inline constexpr CharacterSet kValueCharacters = CharacterSet("\t").with(' ', '~').with('\x80', '\xff');

constexpr bool is_token(std::string_view text) {
  return !text.empty() && kTokenCharacters.has_all(text);
}

}  // namespace kismet
