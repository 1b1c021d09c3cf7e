#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/wakeup.h"
#include "base/worker.h"
#include "httpd/router.h"
#include "server/config.h"
#include "server/config_diff.h"
#include "server/helpers.h"

namespace kismet {

class LoadedPlugins;

/// What came of reading the configuration again.
struct ReloadResult {
  unsigned status = 200;  // 400: it has errors; 409: another reload is under way; 503: the daemon stops.
  std::string reason;     // Why nothing was changed, for people; empty with 200.
  std::vector<ConfigProblem> problems;
  std::vector<SettingChange> settings;  // That differ from those in force.
  std::vector<HelperDone> helpers;
};

nlohmann::json reload_json(const ReloadResult& result);

/// Reads the configuration again while the daemon runs: helpers become what it says, and settings that only count from
/// the next start on are named. A configuration with errors changes nothing.
/// Thread rule: all members on the first loop. Owned by the composition root; outlives what it was asked.
class Reloader {
 public:
  struct Parts {
    Loop& first;
    Worker& worker;
    Helpers& helpers;
    EventBus& events;
    MessageBus& messages;
    std::function<Task<void>()> reload_identity;  // Logins, keys, certificate: read again each time, errors or not.
    LoadedPlugins* plugins = nullptr;             // Told of those that are there now, if not null.
  };

  /// `config` is what is in force.
  Reloader(const Config& config, Parts parts);

  /// One at a time: another one meanwhile is refused. `who` asks, for messages.
  Task<ReloadResult> reload(std::string who);
  /// For a signal: one that comes while another reload is under way is done after it.
  Task<void> reload_by_signal();
  /// Nothing is reloaded any more.
  void stop() { stopping_ = true; }

 private:
  Task<ReloadResult> read_and_apply();
  void tell(const ReloadResult& result);

  Parts parts_;
  Config in_force_;
  bool busy_ = false;
  bool heard_ = false;  // A signal is being answered,
  bool again_ = false;  // and there was another one since that began.
  bool stopping_ = false;
  Wakeup idle_;  // Rings when a reload is over.
};

/// POST /helpers/reload.cmd, for admins.
/// Thread rule: as Handler.
std::vector<Route> reload_routes(Loop& home, Reloader& reloader);

}  // namespace kismet
