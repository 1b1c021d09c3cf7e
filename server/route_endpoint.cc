#include "server/route_endpoint.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "server/json_endpoint.h"
#include "server/latency_json.h"

namespace kismet {

namespace {

class RouteEndpoint final : public Handler {
 public:
  RouteEndpoint(Replicated<Router>& routers, const HelperRoutes& helpers) : routers_(routers), helpers_(helpers) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request);
    JsonAnswer answer = form.status == 200 ? list(out.loop()) : JsonAnswer::error(form.status, form.reason);
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  JsonAnswer list(Loop& here) const {
    std::set<std::pair<std::string, std::string>> parked;
    for (const HelperRoutes::Entry& entry : helpers_.all()) {
      if (entry.parked) parked.emplace(entry.uri, entry.method);
    }
    std::vector<Route> routes = routers_.local(here).all();
    std::sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) {
      return std::forward_as_tuple(a.owner.empty(), a.pattern, a.method) <
             std::forward_as_tuple(b.owner.empty(), b.pattern, b.method);
    });
    nlohmann::json value = nlohmann::json::array();
    for (const Route& route : routes) {
      const RouteStats::Sum sum = route.stats ? route.stats->sum() : RouteStats::Sum{};
      value.push_back({{"path", route.pattern},
                       {"method", route.method},
                       {"role", route.role},
                       {"owner", route.owner},
                       {"hits", sum.hits},
                       {"errors", sum.errors},
                       {"latency_ms", latency_json(sum.latency)},
                       {"parked", route.literal && parked.contains({route.pattern, route.method})}});
    }
    return {std::move(value), 200, {}};
  }

  Replicated<Router>& routers_;
  const HelperRoutes& helpers_;
};

}  // namespace

std::vector<Route> route_routes(Replicated<Router>& routers, const HelperRoutes& helpers) {
  return get_and_post("/system/routes.*", "readonly", std::make_shared<RouteEndpoint>(routers, helpers));
}

}  // namespace kismet
