#pragma once

#include <vector>

#include "base/clock.h"
#include "httpd/router.h"
#include "msgbus/message_bus.h"

namespace kismet {

/// /alerts/raise_alert.cmd, and raise_alerts.cmd, as scripts written for Kismet call it (HTTP_API.md B3): says
/// {"name": "...", "text": "..."} as a message of severity ALERT whose source is the name, and publishes ALERT. And the
/// alerts among the recent messages: /alerts/all_alerts.*, /alerts/last-time/TS/alerts.*,
/// /alerts/wrapped/last-time/TS/alerts.*. Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> alert_routes(MessageBus& messages, const Clock& clock);

}  // namespace kismet
