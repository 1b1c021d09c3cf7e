#pragma once

#include <string>
#include <string_view>

namespace kismet {

/// Appends `text` to `out` as a JSON string, quotes included. What is no valid UTF-8 is repaired (to_valid_utf8), so
/// that the result is valid JSON whatever `text` holds; it has no line break.
void append_json_string(std::string& out, std::string_view text);

}  // namespace kismet
