#pragma once

#include <vector>

#include "server/helper_endpoints.h"

namespace kismet {

/// /helpers/NAME/wire.ws, for admins: the frames of a helper, live, each as a text message of JSON (wire_json). The
/// query, and messages of the client, say which (WireFilter).
/// Thread rule: as Handler.
std::vector<Route> wire_view_routes(const HelperPages& pages);

}  // namespace kismet
