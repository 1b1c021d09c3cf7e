#include "server/battery.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kismet {

namespace {

namespace fs = std::filesystem;

std::string word_in(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::int64_t number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  in >> value;
  return value;
}

std::string charging_of(const std::string& status) {
  if (status == "Charging") return "charging";
  if (status == "Discharging") return "discharging";
  if (status == "Full" || status == "Not charging") return "charged";
  return "unknown";
}

/// Drivers count in energy (uWh, uW) or in charge (uAh, uA).
std::int64_t remaining_of(const fs::path& supply) {
  for (const auto& [held, drawn] : {std::pair{"energy_now", "power_now"}, std::pair{"charge_now", "current_now"}}) {
    const std::int64_t flow = std::abs(number_in(supply / drawn));
    if (flow > 0)
      return static_cast<std::int64_t>(static_cast<double>(number_in(supply / held)) * 3600 /
                                       static_cast<double>(flow));
  }
  return 0;
}

}  // namespace

std::optional<Battery> read_battery(const fs::path& supplies) {
  std::error_code error;
  std::optional<Battery> battery;
  bool mains = false;
  for (const auto& entry : fs::directory_iterator(supplies, error)) {
    const std::string type = word_in(entry.path() / "type");
    if (type == "Mains" || type == "USB") mains = mains || number_in(entry.path() / "online") > 0;
    const bool of_a_device = word_in(entry.path() / "scope") == "Device";  // A mouse's.
    if (type != "Battery" || of_a_device || battery) continue;
    battery.emplace();
    battery->percentage = static_cast<int>(std::clamp<std::int64_t>(number_in(entry.path() / "capacity"), 0, 100));
    battery->charging = charging_of(word_in(entry.path() / "status"));
    if (battery->charging == "discharging") battery->remaining = remaining_of(entry.path());
  }
  if (battery) battery->ac = mains || battery->charging == "charging";
  return battery;
}

nlohmann::json battery_json(const std::optional<Battery>& battery) {
  const Battery none{0, "unknown", true, 0};
  const Battery& shown = battery ? *battery : none;
  return {{"kismet.system.battery.percentage", shown.percentage},
          {"kismet.system.battery.charging", shown.charging},
          {"kismet.system.battery.ac", shown.ac},
          {"kismet.system.battery.remaining", shown.remaining}};
}

}  // namespace kismet
