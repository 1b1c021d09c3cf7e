#include "server/config_schema.h"

#include <array>
#include <map>

#include "server/config_schema_parts.h"
#include "server/nearest.h"

namespace kismet {
namespace schema {

std::vector<std::string> shown_default(const Setting& setting) {
  const Config untouched;
  return setting.show(untouched);
}

void warn_of_more(std::span<const ConfigEntry> entries, std::vector<ConfigProblem>& problems) {
  const ConfigEntry& first = entries.front();
  for (const ConfigEntry& entry : entries.subspan(1)) {
    if (entry.value == first.value) continue;
    problems.push_back({ConfigProblem::Level::warning, entry.place,
                        entry.key + " has one value, and that of " + to_string(first.place) + " stands"});
  }
}

Setting without_effect(std::string key, std::string why) {
  Setting out;
  out.key = std::move(key);
  out.help = why;
  out.repeated = true;
  out.show = [](const Config&) { return std::vector<std::string>{}; };
  out.assign = [why](Config&, std::span<const ConfigEntry> entries, ValueContext&,
                     std::vector<ConfigProblem>& problems) {
    for (const ConfigEntry& entry : entries) {
      problems.push_back({ConfigProblem::Level::warning, entry.place, entry.key + " has no effect here: " + why});
    }
  };
  return out;
}

}  // namespace schema

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> out;
    schema::add_httpd(out);
    schema::add_logins(out);
    schema::add_helpers(out);
    schema::add_logging(out);
    schema::add_system(out);
    schema::add_rights(out);
    schema::add_announce(out);
    schema::add_httpd_limits(out);
    schema::add_helper_limits(out);
    schema::add_answers(out);
    schema::add_buses(out);
    return out;
  }();
  return all;
}

const Setting* find_setting(std::string_view key) {
  static const std::map<std::string, const Setting*, std::less<>> by_key = [] {
    std::map<std::string, const Setting*, std::less<>> out;
    for (const Setting& setting : all_settings()) out.emplace(setting.key, &setting);
    return out;
  }();
  const auto found = by_key.find(key);
  return found == by_key.end() ? nullptr : found->second;
}

std::string nearest_setting(std::string_view key) {
  std::vector<std::string> keys{"include", "opt_include", "opt_override"};
  for (const Setting& setting : all_settings()) keys.push_back(setting.key);
  return nearest(key, keys);
}

bool is_capture_key(std::string_view key) {
  // A trailing '_' makes a prefix.
  static constexpr std::array kKeys = {
      "alert",    "alert_",  "capture_",     "channel_", "datasource_", "device_",    "dot11_", "gps",     "gps_",
      "kis_log_", "packet_", "packetchain_", "phy_",     "phy80211_",   "radiation_", "source", "source_",
  };
  for (const std::string_view known : kKeys) {
    if (known.ends_with('_') ? key.starts_with(known) : key == known) return true;
  }
  return false;
}

}  // namespace kismet
