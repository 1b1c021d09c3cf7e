#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kismet {

/// Which wire generation a helper speaks: found out from its first frame, or forced (WIRE.md A1, A5).
enum class WireChoice : std::uint8_t { automatic, v0, v2, v3 };

enum class RestartMode : std::uint8_t { never, on_failure, always };

/// A helper as the configuration describes it (`helper=` lines; conf/kismet.conf documents each key). A plain value:
/// two that compare equal need no restart when the configuration is read again.
struct HelperDefinition {
  std::string name;     // Unique; from name=, else the program's file name.
  std::string program;  // As written: a file name looked up in `search_path`, or an absolute path.
  std::vector<std::string> search_path;
  std::vector<std::string> args;                               // After --in-fd and --out-fd.
  std::vector<std::pair<std::string, std::string>> env;        // Added to the daemon's environment.
  WireChoice wire = WireChoice::automatic;
  RestartMode restart = RestartMode::on_failure;
  std::string uri_role = "admin";    // Who may use its URIs: a role, or "any" valid login.
  std::string token_role = "admin";  // What its own token may do.
  std::string defined_at;            // "file:line", for messages.

  bool operator==(const HelperDefinition&) const = default;
};

}  // namespace kismet
