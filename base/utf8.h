#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kismet {

/// Whether `text` is well-formed UTF-8 (Unicode table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF).
/// ASCII is checked eight bytes at a time.
bool is_valid_utf8(std::string_view text);

/// `text` with each ill-formed part replaced by U+FFFD, one for each maximal subpart, as browsers and Python do.
std::string to_valid_utf8(std::string_view text);

/// The longest prefix of `text` of at most `max_bytes` that does not end inside a character. `text` is valid UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace kismet
