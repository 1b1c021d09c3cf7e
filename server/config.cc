#include "server/config.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <span>

#include "base/utf8.h"
#include "httpd/tls_context.h"
#include "server/config_file.h"
#include "server/config_schema.h"
#include "server/plugins.h"
#include "server/rights.h"

namespace kismet {
namespace {

using Level = ConfigProblem::Level;
using EntriesByKey = std::map<std::string, std::vector<ConfigEntry>>;

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

/// What is wrong only in settings taken together.
class TogetherCheck {
 public:
  TogetherCheck(const Config& config, const EntriesByKey& by_key, std::vector<ConfigProblem>& problems)
      : config_(config), by_key_(by_key), problems_(problems) {}

  void run() {
    const IdentitySettings& identity = config_.identity;
    const HttpdSettings& httpd = config_.httpd.settings;
    if (!identity.username.empty() && identity.password.empty()) {
      say(Level::error, "httpd_username", "needs httpd_password beside it");
    }
    if (identity.username.empty() && !identity.password.empty()) {
      say(Level::error, "httpd_password", "needs httpd_username beside it");
    }
    if (httpd.allow_cors && httpd.allowed_origins.empty()) {
      say(Level::warning, "httpd_allow_cors", "without httpd_allowed_origin lets every page read what needs no login");
    }
    if (config_.system.memory_limit && *config_.system.memory_limit < identity.hash_memory + kMemoryOfDaemon) {
      say(Level::error, "ulimit_mbytes", "leaves no room for httpd_hash_memory: nobody could log in");
    }
    check_listeners();
    check_rights();
    if (config_.identity.session_db.empty() && !by_key_.at("httpd_jwt_key").empty()) {
      say(Level::error, "httpd_jwt_key",
          "is to keep sessions over a restart, which httpd_session_db=none forbids: one of them has to go");
    }
    check_remote();
    for (const HelperDefinition& helper : config_.helpers.definitions) check(helper);
  }

 private:
  static constexpr std::uint64_t kMemoryOfDaemon = 32 * kMiB;

  void check_listeners() {
    const std::vector<WebListener> all = web_listeners(config_.httpd);
    for (auto listener = all.begin(); listener != all.end(); ++listener) {
      const auto same = [&](const WebListener& other) {
        const ListenAddress &a = listener->address, &b = other.address;
        return a.unix_path.empty() ? b.unix_path.empty() && a.address == b.address && a.port == b.port && a.port != 0
                                   : a.unix_path == b.unix_path;
      };
      if (const auto first = std::find_if(all.begin(), listener, same); first != listener) {
        problems_.push_back(
            {Level::error, listener->place,
             "httpd_listen: " + to_string(listener->address) + " is taken by " + to_string(first->place)});
      }
    }
    if (!config_.httpd.listen.empty()) {
      for (const char* older : {"httpd_bind_address", "httpd_port"}) {
        if (!by_key_.at(older).empty()) say(Level::warning, older, "has no effect beside httpd_listen");
      }
    }
    const auto tls = std::find_if(all.begin(), all.end(), [](const WebListener& listener) { return *listener.tls; });
    if (tls != all.end()) {
      check_certificate(*tls);
    } else if (!by_key_.at("httpd_ssl_cert").empty() && !config_.httpd.listen.empty()) {
      say(Level::warning, "httpd_ssl_cert", "has no effect: no line of httpd_listen asks for tls");
    }
    if (config_.system.announce.enabled && std::all_of(all.begin(), all.end(), is_local)) {
      say(Level::warning, "server_announce", "tells the network of a web server that only this machine reaches");
    }
  }
  void check_certificate(const WebListener& listener) {
    if (config_.httpd.ssl_certificate.empty()) {
      if (listener.place.file.empty()) return say(Level::error, "httpd_ssl", "needs httpd_ssl_cert beside it");
      problems_.push_back({Level::error, listener.place, "httpd_listen: tls needs httpd_ssl_cert"});
      return;
    }
    const TlsContext::Loaded loaded = TlsContext().load({config_.httpd.ssl_certificate, config_.httpd.ssl_key});
    if (!loaded.error.empty()) say(Level::error, "httpd_ssl_cert", "cannot be used: " + loaded.error);
    for (const std::string& remark : loaded.remarks) say(Level::warning, "httpd_ssl_cert", "works, but " + remark);
  }
  void check_remote() {
    const RemoteConfig& remote = config_.remote;
    if (remote.enabled && remote.ssl) {
      const TlsSettings settings = remote_tls(config_);
      if (settings.certificate.empty()) {
        say(Level::error, "remote_capture_ssl", "needs remote_capture_ssl_cert or httpd_ssl_cert beside it");
      } else {
        const TlsContext::Loaded loaded = TlsContext().load(settings);
        if (!loaded.error.empty()) say(Level::error, "remote_capture_ssl", "cannot be used: " + loaded.error);
        for (const std::string& remark : loaded.remarks)
          say(Level::warning, "remote_capture_ssl", "works, but " + remark);
      }
    } else if (!remote.client_ca.empty()) {
      say(Level::error, "remote_capture_client_ca", "needs remote_capture_ssl beside it");
    }
    const bool to_others = remote.listen != "::1" && !remote.listen.starts_with("127.");
    if (remote.enabled && to_others && remote.client_ca.empty()) {
      say(Level::warning, "remote_capture_listen",
          "lets everybody who reaches it be a helper: remote_capture_client_ca asks for certificates");
    }
    for (const HelperDefinition& helper : config_.helpers.definitions) check_remote(helper);
  }
  void check_remote(const HelperDefinition& helper) {
    if (helper.transport == HelperTransport::tcp && !config_.remote.enabled) {
      problems_.push_back({Level::warning, helper_place(helper),
                           "helper: " + helper.name + " is to connect over tcp, which needs remote_capture_enabled"});
    }
    if (!helper.client_certificate.empty() && config_.remote.client_ca.empty()) {
      problems_.push_back({Level::error, helper_place(helper),
                           "helper: client_certificate of " + helper.name + " needs remote_capture_client_ca"});
    }
    if (helper.transport == HelperTransport::pipe) return;
    for (const HelperDefinition& other : config_.helpers.definitions) {
      if (&other == &helper) return;
      if (other.transport == HelperTransport::pipe || subsystem_of(other) != subsystem_of(helper)) continue;
      problems_.push_back(
          {Level::error, helper_place(helper),
           "helper: the subsystem " + in_quotes(subsystem_of(helper)) + " is taken by " + other.defined_at});
    }
  }
  void check_rights() {
    const auto [key, wrong] = wrong_rights(config_);
    if (!wrong.empty()) say(Level::error, key, wrong);
  }
  void check(const HelperDefinition& helper) {
    for (const std::string& wrong : wrong_rights(config_, helper)) {
      problems_.push_back({Level::error, helper_place(helper), "helper: " + wrong});
    }
    const bool needs_group = helper.group_limits.memory || helper.group_limits.processes;
    if (needs_group && config_.helpers.settings.cgroup.empty()) {
      problems_.push_back({Level::error, helper_place(helper),
                           "helper: group_memory and group_processes of " + helper.name + " need helper_cgroup"});
    }
  }
  ConfigPlace helper_place(const HelperDefinition& helper) const {
    for (const ConfigEntry& entry : by_key_.at("helper")) {
      if (to_string(entry.place) == helper.defined_at) return entry.place;
    }
    return {helper.defined_at, 0};
  }
  void say(Level level, const std::string& key, const std::string& text) {
    const std::vector<ConfigEntry>& entries = by_key_.at(key);
    problems_.push_back({level, entries.empty() ? ConfigPlace{} : entries.front().place, key + " " + text});
  }

  const Config& config_;
  const EntriesByKey& by_key_;
  std::vector<ConfigProblem>& problems_;
};

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
  TogetherCheck(config, by_key, report.problems).run();
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
