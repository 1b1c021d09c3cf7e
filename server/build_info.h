#pragma once

#include <string_view>

namespace kismet {

/// What the build decided: facts for --version, /system/status and the default folders.
struct BuildInfo {
  std::string_view version;     // "0.1.0"
  std::string_view config_dir;  // Of kismet.conf.
  std::string_view data_dir;    // Of the web pages' folder kismet/.
};

const BuildInfo& build_info();

}  // namespace kismet
