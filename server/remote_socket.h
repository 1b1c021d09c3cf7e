#pragma once

#include <cstddef>
#include <vector>

#include "external/remote_door.h"
#include "httpd/router.h"
#include "server/websocket_transport.h"

namespace kismet {

/// /external/helper.ws, and /datasource/remote/remotesource.ws, which existing helpers ask for: a helper comes in over
/// a websocket, one frame a message. It takes a login of the role helper or datasource (or admin). `queue_limit`: bytes
/// that a websocket holds, which bound the frames to such a helper.
/// Thread rule: as Handler. `door` outlives the server.
std::vector<Route> remote_routes(RemoteDoor& door, std::size_t queue_limit);

}  // namespace kismet
