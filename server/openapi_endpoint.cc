#include "server/openapi_endpoint.h"

#include <memory>
#include <string>

#include "httpd/request.h"
#include "httpd/response_writer.h"

namespace kismet {

namespace {

class OpenApi final : public Handler {
 public:
  Task<void> handle(const Request&, ResponseWriter& out) override {
    const ResponseHead head{200, "application/json", {{"Cache-Control", "no-cache"}}};
    const std::string_view description = openapi_description();
    co_await out.send(head, description);
  }
};

}  // namespace

std::vector<Route> openapi_routes() {
  return {{"GET", "/system/openapi.json", std::string(RouteRole::kAny), {}, true, std::make_shared<OpenApi>()}};
}

}  // namespace kismet
