#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace kismet {

/// The values are the wire's (WIRE.md A3).
enum class Severity : std::uint8_t { debug = 1, info = 2, error = 4, alert = 8, fatal = 16 };

/// One line for people, from the daemon or a helper.
struct Message {
  Severity severity = Severity::info;
  std::string text;    // Valid UTF-8, no line breaks.
  std::string source;  // Who says it: "kismet", or a helper's name.
  WallTime time;
  std::uint64_t seq = 0;      // Counts from 1.
  std::uint32_t repeats = 1;  // How often it was said in a row.
};

}  // namespace kismet
