#pragma once

#include <vector>

#include "eventbus/event_bus.h"
#include "httpd/router.h"
#include "server/event_feed.h"
#include "server/feed_registry.h"

namespace kismet {

/// The event bus over HTTP: /eventbus/events.ws, events.sse, publish.cmd and feeds.*.
/// Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> event_routes(EventBus& events, FeedRegistry& registry, const FeedSettings& settings);

}  // namespace kismet
