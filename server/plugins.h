#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "external/helper_definition.h"
#include "server/config_problem.h"
#include "server/dynamic_endpoints.h"
#include "server/plugin_manifest.h"

namespace kismet {

struct Config;

/// The plugins in `folders`: each folder in one of these that has a manifest.conf. A folder that is not there has none;
/// of two plugins with the same folder name the first counts. Blocks.
std::vector<Plugin> find_plugins(const std::vector<std::string>& folders, std::vector<ConfigProblem>& problems);

/// The plugins that `config` allows, and their helpers. Those whose name is taken by a helper of the configuration are
/// left out. Blocks.
struct PluginHelpers {
  std::vector<Plugin> plugins;
  std::vector<HelperDefinition> definitions;
  std::vector<ConfigProblem> problems;
};
PluginHelpers plugin_definitions(const Config& config);

/// Where plugins are looked for: the user's folder goes first.
std::vector<std::string> plugin_folders(const Config& config);

/// The module of the web pages that `plugin` has; nothing named if it has none.
UiModule ui_module_of(const Plugin& plugin);

/// The plugins that are loaded now.
/// Thread rule: all members are safe everywhere. Owned by the composition root; outlives the server.
class LoadedPlugins {
 public:
  using List = std::shared_ptr<const std::vector<Plugin>>;

  explicit LoadedPlugins(std::vector<Plugin> plugins) { set(std::move(plugins)); }

  List get() const;
  void set(std::vector<Plugin> plugins);
  std::vector<UiModule> ui_modules() const;

 private:
  mutable std::mutex mutex_;
  List list_;  // Under mutex_.
};

}  // namespace kismet
