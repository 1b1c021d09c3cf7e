#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config_problem.h"

namespace kismet {

/// A plugin, as the manifest.conf in its folder describes it (docs/PLUGINS.md).
struct Plugin {
  std::string name;
  std::string description;
  std::string author;
  std::string version;
  std::string folder;     // "/home/ada/.kismet/plugins/demo".
  std::string directory;  // The last part of it: what its URLs and its helper are called.
  std::string helper;     // File name of its helper's program; empty if it has none.
  std::string js_module;  // The global variable that its script becomes in the web pages; empty if it has none.
  std::string js_path;    // Of that script, as written.
  ConfigPlace helper_place;

  bool operator==(const Plugin&) const = default;
};

/// Reads the text of a manifest into `plugin`, whose folder and directory are known. What is wrong is added to
/// `problems`, as warnings with their lines: a plugin is no reason not to start. False: it cannot be loaded.
bool read_manifest(std::string_view text, const std::string& path, Plugin& plugin,
                   std::vector<ConfigProblem>& problems);

}  // namespace kismet
