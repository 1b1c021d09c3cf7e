#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/clock.h"
#include "server/helper_control.h"
#include "server/helper_routes.h"

namespace kismet {

/// A helper as one JSON object of `kismet.helper.*` (docs/HTTP_API.md). Of `uris` those that are its own are taken.
/// Values of environment variables are left out: they may be secrets.
nlohmann::json helper_json(const HelperView& helper, const std::vector<HelperRoutes::Entry>& uris, WallTime now);

/// What the helper's page alone has: `kismet.helper.open_requests`.
nlohmann::json open_requests_json(const std::vector<OpenRequest>& requests);

}  // namespace kismet
