#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace kismet {

/// How this machine's battery stands.
struct Battery {
  int percentage = 0;
  std::string charging = "unknown";  // "charging", "discharging", "charged" or "unknown".
  bool ac = false;                   // Whether the mains power it.
  std::int64_t remaining = 0;        // Seconds until it is empty; 0 if not known.
};

/// Reads the first battery under `supplies` (/sys/class/power_supply); nothing if there is none. Reading may take
/// milliseconds: do it on a worker.
std::optional<Battery> read_battery(const std::filesystem::path& supplies);

/// The keys kismet.system.battery.*; zeros without a battery.
nlohmann::json battery_json(const std::optional<Battery>& battery);

}  // namespace kismet
