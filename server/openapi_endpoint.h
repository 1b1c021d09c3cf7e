#pragma once

#include <string_view>
#include <vector>

#include "httpd/router.h"

namespace kismet {

/// server/openapi.json, with the daemon's version in it; a part of the program.
std::string_view openapi_description();

/// /system/openapi.json: what the daemon's own routes are, for programs that make clients. Any login may read it.
std::vector<Route> openapi_routes();

}  // namespace kismet
