#include "server/config_diff.h"

#include <functional>

#include "server/config_schema.h"

namespace kismet {

namespace {

SettingReach reach_of(const Setting& setting, const Config& config) {
  if (setting.key == "helper_binary_path") return SettingReach::now;
  // What is a member of SupervisorSettings is read by each life when it begins, and by nobody else.
  const SupervisorSettings* lives = &config.helpers.settings;
  const void* value = setting.where ? setting.where(config) : nullptr;
  const std::less_equal<const void*> not_after;
  const bool of_lives = value && not_after(lives, value) && !not_after(lives + 1, value);
  return of_lives ? SettingReach::next_start : SettingReach::restart;
}

}  // namespace

std::string_view to_string(SettingReach reach) {
  switch (reach) {
    case SettingReach::now:
      return "now";
    case SettingReach::next_start:
      return "next_start";
    case SettingReach::restart:
      return "restart";
  }
  return "unknown";
}

std::vector<SettingChange> changed_settings(const Config& now, const Config& fresh) {
  std::vector<SettingChange> changes;
  for (const Setting& setting : all_settings()) {
    if (setting.key == "helper" || setting.show(now) == setting.show(fresh)) continue;
    changes.push_back({setting.key, reach_of(setting, fresh)});
  }
  return changes;
}

}  // namespace kismet
