#pragma once

#include "eventbus/event_bus.h"
#include "httpd/websocket_handler.h"
#include "server/event_feed.h"
#include "server/feed_registry.h"

namespace kismet {

/// /eventbus/events.ws: the event bus for browsers and programs (HTTP_API.md B2; docs/EVENTS.md has the extensions).
/// Thread rule: as Handler. What is referred to outlives the handler.
class EventFeedWs final : public WebSocketHandler {
 public:
  EventFeedWs(EventBus& events, FeedRegistry& registry, const FeedSettings& settings)
      : events_(events), registry_(registry), settings_(settings) {}

 protected:
  Task<void> serve(const Request& request, WebSocket& socket) override;

 private:
  EventBus& events_;
  FeedRegistry& registry_;
  const FeedSettings settings_;
};

}  // namespace kismet
