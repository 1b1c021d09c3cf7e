#include "server/config.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/utf8.h"
#include "httpd/tls_context.h"
#include "server/config_file.h"
#include "server/config_schema.h"
#include "server/config_together.h"
#include "server/plugins.h"
#include "server/rights.h"

namespace kismet {
namespace {

using Level = ConfigProblem::Level;

constexpr std::size_t kNamedUnknownKeys = 6;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

ExpandValues values_of(const ConfigSources& sources) {
  ExpandValues values;
  values.home = without_slash(sources.user_home.empty() ? sources.home_dir : sources.user_home);
  values.data = without_slash(sources.data_dir);
  values.etc = without_slash(sources.conf_dir);
  values.bin = without_slash(sources.bin_dir);
  values.start = sources.start;
  return values;
}

/// A flavor names kismet_FLAVOR.conf among the configuration files; anything that looks like a file is one.
std::string override_path(const std::string& written, const ConfigSources& sources) {
  if (written.find('/') != std::string::npos || written.ends_with(".conf")) return written;
  return (std::filesystem::path(sources.conf_dir) / ("kismet_" + written + ".conf")).string();
}

void read_sources(const ConfigSources& sources, ConfigFileReader& reader) {
  const std::string main_file = sources.config_file.empty()
                                    ? (std::filesystem::path(sources.conf_dir) / "kismet.conf").string()
                                    : sources.config_file;
  reader.read(main_file);
  for (const std::string& written : sources.overrides) {
    reader.read_override(override_path(written, sources), {"--override " + written, 0});
  }
  for (const ConfigSources::Assignment& assignment : sources.assignments) {
    reader.replace(assignment.key, assignment.values, {assignment.option, 0});
  }
}

EntriesByKey group(const std::vector<ConfigEntry>& entries) {
  EntriesByKey by_key;
  for (const ConfigEntry& entry : entries) by_key[entry.key].push_back(entry);
  return by_key;
}

/// Says of each key that no setting has what to make of it: a slip of the pen loudly, Kismet's own quietly.
void report_unknown(const EntriesByKey& by_key, bool strict, std::vector<ConfigProblem>& problems) {
  std::vector<const ConfigEntry*> unknown;
  for (const auto& [key, entries] : by_key) {
    if (find_setting(key)) continue;
    const ConfigEntry& first = entries.front();
    const bool typed_now = first.place.line == 0;
    const Level level = strict || typed_now ? Level::error : Level::warning;
    const std::string meant = nearest_setting(key);
    if (!meant.empty()) {
      problems.push_back({level, first.place, "unknown key " + key + "; did you mean " + meant + "?"});
    } else if (is_capture_key(key)) {
      problems.push_back({Level::note, first.place, key + " is about packet capture, which this daemon does not do"});
    } else if (level == Level::error) {
      problems.push_back({level, first.place, "unknown key " + key});
    } else {
      problems.push_back({Level::note, first.place, "unknown key " + key});
      unknown.push_back(&first);
    }
  }
  if (unknown.empty()) return;
  std::string text = "ignored as unknown:";
  for (std::size_t i = 0; i < std::min(unknown.size(), kNamedUnknownKeys); ++i) {
    text += (i == 0 ? " " : ", ") + unknown[i]->key + " (" + to_string(unknown[i]->place) + ")";
  }
  if (unknown.size() > kNamedUnknownKeys) {
    text += " and " + std::to_string(unknown.size() - kNamedUnknownKeys) + " more, which kismet --check lists";
  }
  problems.push_back({Level::warning, {}, std::move(text), true});
}

/// Removes values that are not UTF-8, as they would leave the daemon in JSON.
void refuse_bad_text(std::vector<ConfigEntry>& entries, std::vector<ConfigProblem>& problems) {
  std::erase_if(entries, [&problems](const ConfigEntry& entry) {
    if (is_valid_utf8(entry.value)) return false;
    problems.push_back({Level::error, entry.place, entry.key + ": the value is not UTF-8"});
    return true;
  });
}

/// In the order of the files and their lines; what has no line comes last.
void sort_by_place(ConfigReport& report) {
  const auto rank = [&report](const ConfigProblem& problem) {
    const auto file = std::find(report.files.begin(), report.files.end(), problem.place.file);
    return std::pair(file - report.files.begin(), problem.place.line);
  };
  std::stable_sort(report.problems.begin(), report.problems.end(),
                   [&rank](const ConfigProblem& a, const ConfigProblem& b) { return rank(a) < rank(b); });
}

void complete(Config& config) {
  for (HelperDefinition& helper : config.helpers.definitions) helper.search_path = config.helpers.binary_path;
  config.helpers.settings.env = {{"KISMET_ETC", without_slash(config.sources.conf_dir)}};
  if (!config.logging.system_status) config.logging.settings.snapshot_interval = {};
  if (config.system.server_name.empty()) {
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) == 0 && is_valid_utf8(name)) config.system.server_name = name;
    if (config.system.server_name.empty()) config.system.server_name = "Kismet";
  }
}

void add_plugins(Config& config, ConfigReport& report) {
  PluginHelpers found = plugin_definitions(config);
  config.helpers.plugins = std::move(found.plugins);
  std::move(found.definitions.begin(), found.definitions.end(), std::back_inserter(config.helpers.definitions));
  report.problems.insert(report.problems.end(), found.problems.begin(), found.problems.end());
}

}  // namespace

bool ConfigReport::has_errors() const {
  return std::any_of(problems.begin(), problems.end(),
                     [](const ConfigProblem& problem) { return problem.level == Level::error; });
}

ConfigReport load_config(const ConfigSources& sources, Config& config) {
  config.sources = sources;
  config.sources.user_home.clear();
  ConfigFileReader reader(values_of(config.sources));
  read_sources(sources, reader);
  ConfigReport report{reader.files(), reader.problems(), {}};
  EntriesByKey by_key = group(reader.entries());
  if (!sources.home_given && !by_key["user"].empty()) config.sources.user_home = home_of(by_key["user"].front().value);
  ValueContext context{values_of(config.sources), {}};
  for (const Setting& setting : all_settings()) {
    std::vector<ConfigEntry>& entries = by_key[setting.key];
    refuse_bad_text(entries, report.problems);
    setting.assign(config, entries, context, report.problems);
    for (const ConfigEntry& entry : entries) {
      report.origins[setting.key].push_back(entry.place);
      if (!setting.repeated) break;
    }
  }
  report_unknown(by_key, sources.strict, report.problems);
  check_together(config, by_key, report.problems);
  complete(config);
  add_plugins(config, report);
  sort_by_place(report);
  return report;
}

TlsSettings remote_tls(const Config& config) {
  const RemoteConfig& remote = config.remote;
  TlsSettings settings;
  settings.certificate = remote.ssl_certificate.empty() ? config.httpd.ssl_certificate : remote.ssl_certificate;
  settings.key = remote.ssl_certificate.empty() && remote.ssl_key.empty() ? config.httpd.ssl_key : remote.ssl_key;
  settings.client_ca = remote.client_ca;
  return settings;
}

Config default_config(const ConfigSources& sources) {
  Config config;
  config.sources = sources;
  std::vector<ConfigProblem> none;
  ValueContext context{values_of(sources), {}};
  for (const Setting& setting : all_settings()) setting.assign(config, {}, context, none);
  complete(config);
  return config;
}

ExpandValues expand_values(const Config& config) {
  ExpandValues values = values_of(config.sources);
  values.log_prefix = config.logging.prefix;
  values.log_title = config.logging.title;
  return values;
}

}  // namespace kismet
