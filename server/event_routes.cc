#include "server/event_routes.h"

#include <memory>

#include "server/event_feed_sse.h"
#include "server/event_feed_ws.h"
#include "server/event_publish_endpoint.h"

namespace kismet {

std::vector<Route> event_routes(EventBus& events, FeedRegistry& registry, const FeedSettings& settings) {
  std::vector<Route> routes = feed_registry_routes(registry);
  const auto add = [&routes](const char* method, const char* path, const char* role, std::shared_ptr<Handler> handler) {
    routes.push_back({method, path, role, {}, true, std::move(handler)});
  };
  add("GET", "/eventbus/events.ws", "readonly", std::make_shared<EventFeedWs>(events, registry, settings));
  add("GET", "/eventbus/events.sse", "readonly", std::make_shared<EventFeedSse>(events, registry, settings));
  add("POST", "/eventbus/publish.cmd", "admin", std::make_shared<EventPublishEndpoint>(events));
  return routes;
}

}  // namespace kismet
