#include "server/alert_endpoints.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "httpd/character_sets.h"
#include "msgbus/message_text.h"
#include "server/json_endpoint.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 64;

std::string text_of(const Json& command, const char* key) {
  const auto found = command.find(key);
  return found != command.end() && found->is_string() ? found->get<std::string>() : std::string();
}

JsonAnswer raise(MessageBus& messages, const Json& command) {
  constexpr CharacterSet kNames = kAlphanumeric.with('-', '.').with('_', '_');
  const std::string name = text_of(command, "name");
  const std::string text = text_of(command, "text");
  if (name.empty() || name.size() > kLongestName || !kNames.has_all(name)) {
    return JsonAnswer::error(400, "an alert has a name, of up to 64 letters, digits, '-', '.' and '_'");
  }
  if (text.empty()) return JsonAnswer::error(400, "an alert has a text");
  messages.post(Severity::alert, name, text);
  return {Json::object(), 200, {}};
}

Json alerts_after(const MessageBus& messages, std::optional<WallTime> since) {
  Json list = Json::array();
  for (const Message& message : messages.recent()) {
    if (message.severity != Severity::alert) continue;
    if (since && std::chrono::floor<std::chrono::microseconds>(message.time) <= *since) continue;
    list.push_back(Json::parse(alert_json(message)));
  }
  return list;
}

JsonAnswer alerts_since(const MessageBus& messages, WallTime now, std::string_view timestamp, bool wrapped) {
  const std::optional<WallTime> since = parse_timestamp(timestamp, now);
  if (!since) return JsonAnswer::error(400, "the path's timestamp is no number of seconds");
  Json list = alerts_after(messages, since);
  if (!wrapped) return {std::move(list), 200, {}};
  return {Json{{"kismet.alert.list", std::move(list)}, {"kismet.alert.timestamp", seconds_of(now)}}, 200, {}};
}

}  // namespace

std::vector<Route> alert_routes(MessageBus& messages, const Clock& clock) {
  const auto raised = std::make_shared<JsonEndpoint>(
      [&messages](const Request&, const JsonForm& form) { return raise(messages, form.command); });
  const auto all = std::make_shared<JsonEndpoint>([&messages](const Request&, const JsonForm&) {
    return JsonAnswer{alerts_after(messages, std::nullopt), 200, {}};
  });
  const auto since = [&messages, &clock](bool wrapped) {
    return std::make_shared<JsonEndpoint>([&messages, &clock, wrapped](const Request& request, const JsonForm&) {
      return alerts_since(messages, clock.wall_now(), request.captures.front(), wrapped);
    });
  };
  std::vector<Route> routes{{"POST", "/alerts/raise_alert.cmd", "admin", {}, true, raised},
                            {"POST", "/alerts/raise_alerts.cmd", "admin", {}, true, raised}};
  const auto add = [&routes](std::vector<Route> more) {
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  add(get_and_post("/alerts/all_alerts.*", "readonly", all));
  add(get_and_post("/alerts/last-time/:timestamp/alerts.*", "readonly", since(false)));
  add(get_and_post("/alerts/wrapped/last-time/:timestamp/alerts.*", "readonly", since(true)));
  return routes;
}

}  // namespace kismet
