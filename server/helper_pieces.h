#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kismet {

/// A `helper=` line taken apart, its quotes resolved, nothing understood yet.
struct HelperPieces {
  std::string program;
  std::vector<std::pair<std::string, std::string>> options;  // In order; keys as written.
  std::string error;                                         // What is wrong with the shape of it; or empty.
};

/// Splits `PROGRAM[:key=value,key="value",...]`; the program may be quoted too.
HelperPieces split_helper_line(std::string_view line);

}  // namespace kismet
