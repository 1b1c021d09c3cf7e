#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace kismet {

/// When a setting that was changed in the configuration's files counts.
enum class SettingReach : std::uint8_t {
  now,         // It is part of helpers' definitions.
  next_start,  // For helpers that are started from now on.
  restart,     // When the daemon starts again.
};

std::string_view to_string(SettingReach reach);

struct SettingChange {
  std::string key;
  SettingReach reach = SettingReach::restart;
};

/// The settings that differ, but for `helper` itself, which has steps of its own (helper_plan.h). `now` and `fresh`
/// come from load_config().
std::vector<SettingChange> changed_settings(const Config& now, const Config& fresh);

}  // namespace kismet
