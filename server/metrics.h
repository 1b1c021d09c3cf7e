#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "httpd/http_server.h"
#include "server/feed_registry.h"
#include "server/helper_control.h"
#include "server/helper_routes.h"
#include "server/proxy_handler.h"
#include "server/system_status.h"

namespace kismet {

class AccessLog;
class BufferBudget;
class EventBus;

/// Where the figures of /metrics come from; outlives the handler.
struct MetricsSources {
  Loop& home;  // The loop of `helpers`.
  HelperControl& helpers;
  std::function<HttpdCounters()> httpd;  // Safe everywhere.
  const ProxyCounters& proxied;
  const EventBus& events;
  const FeedRegistry& feeds;
  const SystemStatus& status;
  const HelperRoutes& uris;
  const BufferBudget* buffers = nullptr;
  const AccessLog* access_log = nullptr;
};

/// All metrics in Prometheus' text format. Thread rule: safe everywhere.
std::string metrics_text(const MetricsSources& sources, const std::vector<HelperView>& helpers);

/// GET /metrics, for the role readonly. Thread rule: as Handler.
std::vector<Route> metrics_routes(const MetricsSources& sources);

}  // namespace kismet
