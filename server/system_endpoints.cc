#include "server/system_endpoints.h"

#include <iterator>
#include <utility>

#include "httpd/error_pages.h"
#include "msgbus/message_text.h"
#include "server/json_endpoint.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

std::string rows(const Json& object, std::string_view where) {
  std::string all;
  for (const auto& [name, value] : object.items()) {
    all += "<tr><td>" + html_escape(name) + "</td><td>" + html_escape(where) + "</td></tr>\n";
  }
  return all;
}

/// The names of all fields, for people who write clients.
class TrackedFields final : public Handler {
 public:
  explicit TrackedFields(const SystemStatus& status) : status_(status) {}

  Task<void> handle(const Request&, ResponseWriter& out) override {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fields</title></head><body>\n"
        "<table><tr><th>Name</th><th>Where</th></tr>\n";
    page += rows(status_.status(), "/system/status.json");
    page += rows(Json::parse(message_json({})), "messages");
    page += rows(Json::parse(alert_json({})), "ALERT events");
    page += "</table></body></html>\n";
    ResponseHead head{200, "text/html; charset=utf-8", {{"Cache-Control", "no-cache"}}};
    add_security_headers(head);
    co_await out.send(head, page);
  }

 private:
  const SystemStatus& status_;
};

}  // namespace

std::vector<Route> system_routes(const SystemStatus& status) {
  const auto page = [](auto make) {
    return std::make_shared<JsonEndpoint>([make](const Request&, const JsonForm&) {
      return JsonAnswer{make(), 200, {}};
    });
  };
  const auto user = [&status] { return Json{{"kismet.system.user", status.info().user}}; };
  std::vector<Route> routes;
  const auto add = [&](std::vector<Route> more) {
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  add(get_and_post("/system/status.*", "readonly", page([&status] { return status.status(); })));
  add(get_and_post("/system/timestamp.*", "readonly", page([&status] { return status.timestamp(); })));
  add(get_and_post("/system/user_status.*", RouteRole::kNone, page(user)));
  routes.push_back(
      {"GET", "/system/tracked_fields.html", "readonly", {}, true, std::make_shared<TrackedFields>(status)});
  return routes;
}

}  // namespace kismet
