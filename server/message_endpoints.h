#pragma once

#include <vector>

#include "base/clock.h"
#include "httpd/router.h"
#include "msgbus/message_bus.h"

namespace kismet {

/// /messagebus/all_messages.* and /messagebus/last-time/TS/messages.* (HTTP_API.md B2): the recent messages, all or
/// those after a moment. Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> message_routes(const MessageBus& messages, const Clock& clock);

}  // namespace kismet
