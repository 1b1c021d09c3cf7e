#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"
#include "server/config_file.h"
#include "server/config_value.h"

namespace kismet {

/// One key of the configuration: the source for reading, defaults, --check, and the test of conf/ and
/// docs/CONFIGURATION.md.
struct Setting {
  std::string key;
  std::string section;
  std::string type;  // For people; empty for a key without effect.
  std::string unit;
  std::string help;
  bool repeated = false;
  bool secret = false;  // Its value is never shown.

  /// Puts what was written for the key (nothing: the default) into `config`.
  std::function<void(Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                     std::vector<ConfigProblem>& problems)>
      assign;
  /// The values in force, as a file would give them.
  std::function<std::vector<std::string>(const Config& config)> show;
  /// The default as a file would give it, %-pairs and all.
  std::vector<std::string> defaults;
  std::string example;  // For a key without a default.
  /// The member of `config` that holds the value; unset where there is no such single one.
  std::function<const void*(const Config& config)> where;
};

/// All keys, by section, in the order of the documentation.
const std::vector<Setting>& all_settings();
const Setting* find_setting(std::string_view key);
/// The key that somebody who wrote `key` most likely meant; empty if none is near.
std::string nearest_setting(std::string_view key);
/// Whether `key` belongs to Kismet's packet capture, which this daemon does not do.
bool is_capture_key(std::string_view key);

}  // namespace kismet
