#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kismet {

/// What the %-pairs of configured paths stand for (docs/CONFIGURATION.md, "Paths").
struct ExpandValues {
  std::string home;        // %h
  std::string data;        // %S
  std::string etc;         // %E
  std::string bin;         // %B
  std::string log_prefix;  // %p, which adds a slash at the end if there is none.
  std::string log_title;   // %n
  std::string log_type;    // %l
  WallTime start;          // %d %D %t %T, in UTC
};

/// `text` with its %-pairs replaced. Unknown pairs vanish, and so do %i and %I here, which only a log's path has; the
/// letters of unknown ones are appended to `unknown`, if given. A lone % at the end stays.
std::string expand(std::string_view text, const ExpandValues& values, std::string* unknown = nullptr);

/// The path of a new log: as expand(), with %i as the first number from 1 for which `exists` says that no such file is
/// there, and %I as the same number in six digits. Nothing if all numbers up to 999999 are taken.
std::optional<std::string> expand_log_path(std::string_view log_template, const ExpandValues& values,
                                           const std::function<bool(const std::string& path)>& exists);

}  // namespace kismet
