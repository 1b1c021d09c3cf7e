#pragma once

#include <functional>
#include <string>
#include <vector>

#include "httpd/router.h"

namespace kismet {

/// A module of a plugin's that the web pages load (manifest.conf: js=module,path).
struct UiModule {
  std::string name;  // The global variable that it becomes.
  std::string path;  // Of the script, below our root and without a leading slash: "plugin/demo/js/demo.js".
};

/// /dynamic.js and /dynamic.json (HTTP_API.md B2, B7): a script that declares one global variable a module and
/// load_dynamics(), which imports them one after the other, so that one that fails does not keep the others from
/// loading; and the same list as data. No login: pages load them before there is one.
/// Thread rule: as Handler; `modules` is called on any loop, does not block, and outlives the handlers.
std::vector<Route> dynamic_routes(std::function<std::vector<UiModule>()> modules);

}  // namespace kismet
