#pragma once

#include <vector>

#include "base/replicated.h"
#include "httpd/router.h"
#include "server/helper_routes.h"

namespace kismet {

/// /system/routes.*: every route that the web server has now, as an array of {"path", "method", "role", "owner" (the
/// helper's name, or empty), "parked" (its helper is not there now), "hits", "errors", "latency_ms"}; the helpers'
/// first, each group by path.
/// Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> route_routes(Replicated<Router>& routers, const HelperRoutes& helpers);

}  // namespace kismet
