#pragma once

#include <memory>
#include <vector>

#include "base/worker.h"
#include "httpd/mime_types.h"
#include "httpd/router.h"
#include "httpd/static_files.h"
#include "server/plugins.h"

namespace kismet {

/// /plugins/all_plugins.*: what is loaded, for the role readonly; and /plugin/DIRECTORY/..., the files in the folder
/// httpd/ of each plugin, for anybody, as pages load them before there is a login.
/// Thread rule: as Handler. What is referred to outlives the server. `compression`: of the files.
std::vector<Route> plugin_routes(const LoadedPlugins& plugins, Worker& worker, const MimeTypes& types,
                                 const CompressionSettings& compression);

}  // namespace kismet
