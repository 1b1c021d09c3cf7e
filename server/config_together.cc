#include "server/config_together.h"

#include <algorithm>

#include "httpd/tls_context.h"
#include "server/rights.h"

namespace kismet {
namespace {

using Level = ConfigProblem::Level;

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

}  // namespace

void check_together(const Config& config, const EntriesByKey& by_key, std::vector<ConfigProblem>& problems) {
  TogetherCheck(config, by_key, problems).run();
}

}  // namespace kismet
