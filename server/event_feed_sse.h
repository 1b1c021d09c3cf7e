#pragma once

#include "eventbus/event_bus.h"
#include "httpd/handler.h"
#include "server/event_feed.h"
#include "server/feed_registry.h"

namespace kismet {

/// GET /eventbus/events.sse: the event bus as Server-Sent Events, for browsers, `curl -N` and small devices. A reader
/// that comes back with Last-Event-ID goes on where it was, as far as the replay window reaches.
/// Thread rule: as Handler. What is referred to outlives the handler.
class EventFeedSse final : public Handler {
 public:
  EventFeedSse(EventBus& events, FeedRegistry& registry, const FeedSettings& settings)
      : events_(events), registry_(registry), settings_(settings) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  Task<void> stream(EventFeed& feed, ResponseWriter& out, bool named);

  EventBus& events_;
  FeedRegistry& registry_;
  const FeedSettings settings_;
};

}  // namespace kismet
