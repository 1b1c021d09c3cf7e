#include "server/message_endpoints.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "msgbus/message_text.h"
#include "server/json_endpoint.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

Json list_of(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back(Json::parse(message_json(message)));
  return list;
}

JsonAnswer messages_since(const MessageBus& messages, WallTime now, std::string_view timestamp) {
  const std::optional<WallTime> since = parse_timestamp(timestamp, now);
  if (!since) return JsonAnswer::error(400, "the path's timestamp is no number of seconds");
  std::vector<Message> recent = messages.recent();
  // A message that came after `now` was read is in this answer: the next one begins after it.
  for (const Message& message : recent) now = std::max(now, message.time);
  std::erase_if(recent, [&](const Message& message) {
    return std::chrono::floor<std::chrono::microseconds>(message.time) <= *since;
  });
  return {Json{{"kismet.messagebus.list", list_of(recent)}, {"kismet.messagebus.timestamp", seconds_of(now)}}, 200, {}};
}

}  // namespace

std::vector<Route> message_routes(const MessageBus& messages, const Clock& clock) {
  const auto all = std::make_shared<JsonEndpoint>([&messages](const Request&, const JsonForm&) {
    return JsonAnswer{list_of(messages.recent()), 200, {}};
  });
  const auto since = std::make_shared<JsonEndpoint>([&messages, &clock](const Request& request, const JsonForm&) {
    return messages_since(messages, clock.wall_now(), request.captures.front());
  });
  std::vector<Route> routes = get_and_post("/messagebus/all_messages.*", "readonly", all);
  for (Route& route : get_and_post("/messagebus/last-time/:timestamp/messages.*", "readonly", since)) {
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace kismet
