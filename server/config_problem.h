#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kismet {

/// Where something was written: a line of a file, or (line 0) another origin, such as the command line.
struct ConfigPlace {
  std::string file;
  unsigned line = 0;

  bool operator==(const ConfigPlace&) const = default;
};

/// What is to be said about a configuration. An error keeps the daemon from starting (or from reloading); a warning is
/// shown at start; a note is shown by --check and --debug.
struct ConfigProblem {
  enum class Level : std::uint8_t { note, warning, error };
  Level level = Level::error;
  ConfigPlace place;
  std::string text;
  bool summary = false;  // In short what notes say one by one, for those who do not see notes.

  bool operator==(const ConfigProblem&) const = default;
};

/// "note", "warning" or "error".
std::string_view to_string(ConfigProblem::Level level);
/// "file:line", or the origin's name.
std::string to_string(const ConfigPlace& place);
/// "file:line: error: text".
std::string to_string(const ConfigProblem& problem);

/// `text` in double quotes as a message shows it: valid UTF-8, no control characters, cut when long.
std::string in_quotes(std::string_view text);

}  // namespace kismet
