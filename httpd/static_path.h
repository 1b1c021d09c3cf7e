#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kismet {

/// The file that a request path names, decoded once and relative to its folder: "" is the folder itself, a trailing '/'
/// is kept. Nothing for what names no file that may be seen: a segment that begins with a dot (".." is one, hidden
/// files are; ".well-known" may be seen), control characters, a slash or NUL in disguise.
std::optional<std::string> static_path(std::string_view path);

}  // namespace kismet
