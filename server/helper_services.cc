#include "server/helper_services.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "eventbus/event_bus.h"
#include "external/helper_session.h"
#include "msgbus/message_bus.h"
#include "server/event_publishing.h"

namespace kismet {

DaemonServices::DaemonServices(HelperRoutes& routes, EventBus& events, HelperTokens tokens,
                               const ProxyHandler::Common& proxy)
    : routes_(routes), events_(events), tokens_(std::move(tokens)), proxy_(proxy) {}

DaemonServices::Given& DaemonServices::given(HelperSession& session) {
  const std::lock_guard lock(mutex_);
  return given_[&session];  // References into an unordered_map outlive the insertion of others.
}

std::string DaemonServices::register_uri(HelperSession& session, std::string_view method, std::string_view uri) {
  Given& mine = given(session);
  if (!mine.handler) mine.handler = std::make_shared<ProxyHandler>(session.handle(), proxy_);
  std::string fault = routes_.add(session.name(), session.definition().uri_role, method, uri, mine.handler);
  if (fault.empty()) {
    const nlohmann::json event{
        {"kismet.helper.name", session.name()}, {"kismet.helper.uri", uri}, {"kismet.helper.method", method}};
    events_.publish("URI_REGISTERED", event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return fault;
}

void DaemonServices::session_ended(HelperSession& session) {
  Given mine;
  {
    const std::lock_guard lock(mutex_);
    const auto place = given_.find(&session);
    if (place == given_.end()) return;
    mine = std::move(place->second);
    given_.erase(place);
  }
  if (mine.handler) routes_.park(*mine.handler);
  if (!mine.token.empty()) tokens_.revoke(mine.token);
}

std::string DaemonServices::token(HelperSession& session) {
  Given& mine = given(session);
  if (mine.token.empty()) mine.token = tokens_.issue(session.name(), session.definition().token_role);
  return mine.token;
}

std::string DaemonServices::publish(HelperSession&, std::string_view topic, std::string_view content_json) {
  return publish_from_outside(events_, topic, content_json).refusal;
}

Subscription DaemonServices::subscribe(HelperSession& session, std::vector<std::string> topics,
                                       EventBus::Handler handler) {
  SubscriptionOptions options;
  options.topics = std::move(topics);
  return events_.subscribe(options, session.loop().get_executor(), std::move(handler));
}

void DaemonServices::message(HelperSession& session, Severity severity, std::string_view text) {
  proxy_.messages.post(severity, session.name(), text);
}

}  // namespace kismet
