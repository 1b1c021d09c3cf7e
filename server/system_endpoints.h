#pragma once

#include <vector>

#include "httpd/router.h"
#include "server/system_status.h"

namespace kismet {

/// /system/status.*, /system/timestamp.*, /system/user_status.* and /system/tracked_fields.html (HTTP_API.md B2).
/// Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> system_routes(const SystemStatus& status);

}  // namespace kismet
