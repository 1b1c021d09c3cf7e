#include "server/plugins.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "server/config.h"
#include "server/config_value.h"

namespace kismet {

namespace {

namespace fs = std::filesystem;
using Level = ConfigProblem::Level;

constexpr std::size_t kManifestLimit = 64 * 1024;  // Bytes.
constexpr std::size_t kFoldersLimit = 1'000;       // Looked at in one folder of plugins.
constexpr const char* kManifest = "manifest.conf";

/// The folders in `parent`, in the order of their names.
std::vector<fs::path> folders_in(const std::string& parent, std::vector<ConfigProblem>& problems) {
  std::vector<fs::path> all;
  std::error_code failed;
  for (fs::directory_iterator at(parent, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code ignored;
    if (at->path().filename().string().starts_with('.') || !at->is_directory(ignored)) continue;
    if (all.size() == kFoldersLimit) {
      problems.push_back({Level::warning, {parent, 0}, "has more than " + std::to_string(kFoldersLimit) + " plugins"});
      break;
    }
    all.push_back(at->path());
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    problems.push_back({Level::warning, {parent, 0}, "plugins cannot be looked for: " + failed.message()});
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Whether `folder` holds a plugin that can be loaded.
bool load(const fs::path& folder, Plugin& plugin, std::vector<ConfigProblem>& problems) {
  const std::string path = (folder / kManifest).string();
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return false;
  plugin.folder = folder.string();
  const std::string directory = folder.filename().string();
  ValueContext context;
  if (std::string wrong = word_value().parse(directory, plugin.directory, context); !wrong.empty()) {
    problems.push_back({Level::warning, {path, 0}, "the plugin is not loaded: its folder's name " + wrong});
    return false;
  }
  const auto text = read_whole_file(path, kManifestLimit);
  if (!text) {
    problems.push_back({Level::warning, {path, 0}, "the plugin is not loaded: " + text.error().message()});
    return false;
  }
  return read_manifest(*text, path, plugin, problems);
}

HelperDefinition definition_of(const Plugin& plugin, const std::vector<std::string>& binary_path) {
  HelperDefinition definition;
  definition.name = plugin.directory;
  definition.program = plugin.helper;
  definition.search_path.push_back(plugin.folder);
  definition.search_path.insert(definition.search_path.end(), binary_path.begin(), binary_path.end());
  definition.defined_at = to_string(plugin.helper_place);
  return definition;
}

}  // namespace

std::vector<Plugin> find_plugins(const std::vector<std::string>& folders, std::vector<ConfigProblem>& problems) {
  std::vector<Plugin> all;
  for (const std::string& parent : folders) {
    for (const fs::path& folder : folders_in(parent, problems)) {
      Plugin plugin;
      if (!load(folder, plugin, problems)) continue;
      const auto same = [&plugin](const Plugin& other) { return other.directory == plugin.directory; };
      if (const auto first = std::find_if(all.begin(), all.end(), same); first != all.end()) {
        problems.push_back({Level::warning, {(folder / kManifest).string(), 0}, "hidden by " + first->folder});
        continue;
      }
      all.push_back(std::move(plugin));
    }
  }
  return all;
}

std::vector<std::string> plugin_folders(const Config& config) {
  std::vector<std::string> folders;
  if (!config.system.config_dir.empty()) {
    folders.push_back((fs::path(config.system.config_dir) / "plugins").lexically_normal().string());
  }
  folders.insert(folders.end(), config.helpers.plugin_folders.begin(), config.helpers.plugin_folders.end());
  return folders;
}

PluginHelpers plugin_definitions(const Config& config) {
  PluginHelpers found;
  if (!config.helpers.allow_plugins) return found;
  found.plugins = find_plugins(plugin_folders(config), found.problems);
  for (const Plugin& plugin : found.plugins) {
    if (plugin.helper.empty()) continue;
    const auto& helpers = config.helpers.definitions;
    const auto same = [&plugin](const HelperDefinition& helper) { return helper.name == plugin.directory; };
    if (const auto other = std::find_if(helpers.begin(), helpers.end(), same); other != helpers.end()) {
      found.problems.push_back(
          {Level::warning, plugin.helper_place,
           "plugin " + plugin.directory + ": its helper is not started, as the name is taken by " + other->defined_at});
    } else {
      found.definitions.push_back(definition_of(plugin, config.helpers.binary_path));
    }
  }
  return found;
}

UiModule ui_module_of(const Plugin& plugin) {
  if (plugin.js_module.empty()) return {};
  // Both are written: the path of the page, and that below the plugin's own files.
  const std::string own = "plugin/" + plugin.directory + "/";
  const bool whole = plugin.js_path.starts_with("plugin/");
  return {plugin.js_module, whole ? plugin.js_path : own + plugin.js_path};
}

LoadedPlugins::List LoadedPlugins::get() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

void LoadedPlugins::set(std::vector<Plugin> plugins) {
  auto list = std::make_shared<const std::vector<Plugin>>(std::move(plugins));
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
}

std::vector<UiModule> LoadedPlugins::ui_modules() const {
  std::vector<UiModule> modules;
  for (const Plugin& plugin : *get()) {
    if (!plugin.js_module.empty()) modules.push_back(ui_module_of(plugin));
  }
  return modules;
}

}  // namespace kismet
