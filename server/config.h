#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer_budget.h"
#include "eventbus/event_bus.h"
#include "external/helper_definition.h"
#include "external/remote_settings.h"
#include "external/supervisor_settings.h"
#include "httpd/access_log.h"
#include "httpd/identity_settings.h"
#include "httpd/settings.h"
#include "msgbus/message_bus.h"
#include "server/config_expand.h"
#include "server/config_problem.h"
#include "server/event_feed.h"
#include "server/log_database.h"
#include "server/plugin_manifest.h"
#include "server/parked_handler.h"
#include "server/proxy_handler.h"
#include "server/swap_settings.h"
#include "server/web_listener.h"

namespace kismet {

/// Whether what Kismet's clients ask for beyond this daemon gets empty answers; `automatic`: where such a client is
/// likely (compat_stubs_wanted()).
enum class CompatStubs : std::uint8_t { automatic, on, off };

struct TlsSettings;

/// Where the web server listens and what it serves beside the daemon's own pages.
struct HttpdConfig {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 2501;  // 0: any free one, which the daemon prints.
  bool ssl = false;
  std::vector<WebListener> listen;  // httpd_listen, in place of address and port; web_listeners() has both.
  std::string ssl_certificate;      // PEM files.
  std::string ssl_key;
  HttpdSettings settings;
  std::string home;       // Static files.
  std::string user_home;  // The user's own static files, which go before those.
  std::vector<std::pair<std::string, std::string>>
      mime_types;                // Extension without dot, type; before the built-in ones.
  std::string redirect_unknown;  // A path that is served in place of 404.
  std::string control_socket;       // Of `kismet ctl`; empty: there is none.
  CompatStubs compat_stubs = CompatStubs::automatic;
  AccessLogSettings access_log;
  bool debug_echo = false;       // Whether /debug/echo.ws is there.
};

struct HelpersConfig {
  std::vector<HelperDefinition> definitions;
  std::vector<std::string> binary_path;  // Each definition holds it too.
  SupervisorSettings settings;
  ProxySettings proxy;
  BufferLimits buffers;
  std::string spill_folder;  // Of temporary files; empty: $TMPDIR, or else /var/tmp.
  std::chrono::milliseconds keep_uris{10'000};
  ParkedSettings parked;
  SwapSettings swap;
  bool allow_plugins = false;
  std::vector<std::string> plugin_folders;  // Beside the user's own.
  std::vector<Plugin> plugins;              // Those that were found; `definitions` has their helpers.
};

/// Events and messages: how much is kept, and what a listener may cost.
struct BusesConfig {
  ReplaySettings replay;
  FeedSettings feed;
  MessageBusSettings messages;
};

/// Helpers that connect over TCP.
struct RemoteConfig {
  bool enabled = false;
  std::string listen = "127.0.0.1";
  std::uint16_t port = 3501;  // 0: any free one, which the daemon prints.
  bool ssl = false;
  std::string ssl_certificate;  // PEM files; empty: those of the web server.
  std::string ssl_key;
  std::string client_ca;  // Empty: no certificate is asked for.
  RemoteSettings settings;
};

struct LoggingConfig {
  bool enabled = true;
  std::vector<std::string> types;
  std::string title = "Kismet";
  std::string prefix;
  std::string path_template;  // Not expanded: expand_log_path() makes the path when a log is opened.
  bool system_status = true;  // Otherwise settings.snapshot_interval is 0.
  LogSettings settings;
};

enum class ConsoleMode : std::uint8_t { normal, silent, debug };
enum class SandboxMode : std::uint8_t { off, on, require };

/// Telling the network where the daemon is.
struct AnnounceConfig {
  bool enabled = false;
  std::string address = "0.0.0.0";  // IPv4: of the network to tell, or of who is told (announce_targets()).
  std::uint16_t port = 2501;
};

struct SystemConfig {
  ConsoleMode console = ConsoleMode::normal;
  std::uint64_t threads = 1;  // I/O threads.
  std::string server_name;
  std::string server_description;
  std::string server_location;
  std::string server_uuid;                    // Empty: the one that is kept in config_dir.
  std::string config_dir;                     // The user's own: plugins/, kismet_server_id.conf.
  std::optional<std::uint64_t> memory_limit;  // Bytes of data (RLIMIT_DATA) of the daemon and each of its helpers.
  std::string user, group;                    // What it becomes after a start as root; empty: it stays who it is.
  SandboxMode sandbox = SandboxMode::off;
  std::vector<std::string> sandbox_read, sandbox_write;  // Paths, beside those that follow from other settings.
  AnnounceConfig announce;
};

/// How a configuration is found and read: what the command line and the environment said.
struct ConfigSources {
  std::string config_file;             // Empty: kismet.conf in `conf_dir`.
  std::string conf_dir;                // %E
  std::string data_dir;                // %S
  std::string bin_dir;                 // %B
  std::string home_dir;                // %h
  bool home_given = false;             // By --homedir: `user` does not change it.
  std::string user_home;               // Of `user`, found by load_config(): then this is %h.
  std::vector<std::string> overrides;  // Files, or flavors: kismet_FLAVOR.conf in conf_dir.
  /// What the command line sets, after all files: an option's name for messages, the key, its values.
  struct Assignment {
    std::string option;
    std::string key;
    std::vector<std::string> values;
  };
  std::vector<Assignment> assignments;
  bool strict = false;  // Unknown keys are errors.
  WallTime start{};     // For the names of logs.
};

/// All settings of the daemon, checked. A plain value.
struct Config {
  HttpdConfig httpd;
  IdentitySettings identity;
  HelpersConfig helpers;
  BusesConfig buses;
  RemoteConfig remote;
  LoggingConfig logging;
  SystemConfig system;
  ConfigSources sources;  // How it was read, to read it again on SIGHUP.
};

/// What reading a configuration brought to light.
struct ConfigReport {
  std::vector<std::string> files;  // In the order in which they were read.
  std::vector<ConfigProblem> problems;
  std::map<std::string, std::vector<ConfigPlace>> origins;  // Where each key that is in force was written.

  bool has_errors() const;
};

/// Reads the configuration that `sources` describe into `config`, which must be fresh. It is complete if the report has
/// no errors.
ConfigReport load_config(const ConfigSources& sources, Config& config);

/// The certificate, key and authorities for helpers that connect over TLS.
TlsSettings remote_tls(const Config& config);

/// The configuration of no file at all, with the paths that `sources` give.
Config default_config(const ConfigSources& sources);

/// What the %-pairs of paths stand for in `config`.
ExpandValues expand_values(const Config& config);

}  // namespace kismet
