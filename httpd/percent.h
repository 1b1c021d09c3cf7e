#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kismet {

/// What a `+` means: a space in queries and forms, itself in paths.
enum class Plus { space, itself };

/// Decodes %XX. Lenient: a % that two hex digits do not follow stands for itself.
std::string percent_decode(std::string_view text, Plus plus);

/// Calls `visit(name, value)` for each field of a query or form, not decoded: split on `&`, then on the first `=`.
template <typename Visit>
void for_each_field(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) {
      visit(field, std::string_view{});
    } else {
      visit(field.substr(0, equals), field.substr(equals + 1));
    }
  }
}

}  // namespace kismet
