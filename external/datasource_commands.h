#pragma once

#include <string_view>

#include "external/messages.h"

namespace kismet {

/// What is said to packet capture tools, which speak the same wire.
constexpr std::string_view kNoCapture = "this daemon does not capture packets; it serves no datasources";

/// Whether a command is of those between a capture tool and a Kismet that captures (WIRE.md A3: KDS*, 10 to 19).
inline bool is_datasource_command(const wire::Unknown& command) {
  constexpr std::uint16_t kFirst = 10;
  constexpr std::uint16_t kLast = 19;
  if (command.command.empty()) return command.type >= kFirst && command.type <= kLast;
  return command.command.starts_with("KDS");
}

}  // namespace kismet
