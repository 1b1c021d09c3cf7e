#include "server/helper_services.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "eventbus/event_bus.h"
#include "external/helper_budgets.h"
#include "external/helper_session.h"
#include "msgbus/message_bus.h"
#include "server/event_publishing.h"

namespace kismet {

DaemonServices::DaemonServices(HelperRoutes& routes, EventBus& events, HelperTokens tokens,
                               const ProxyHandler::Common& proxy, HelperLifeId life)
    : routes_(routes), events_(events), tokens_(std::move(tokens)), proxy_(proxy), life_(life) {}

DaemonServices::Given& DaemonServices::given(HelperSession& session) {
  const std::lock_guard lock(mutex_);
  return given_[&session];  // References into an unordered_map outlive the insertion of others.
}

std::string DaemonServices::register_uri(HelperSession& session, std::string_view method, std::string_view uri) {
  Given& mine = given(session);
  if (!mine.handler) {
    auto handler = std::make_shared<ProxyHandler>(session.handle(), proxy_);
    const std::lock_guard lock(mutex_);
    mine.handler = std::move(handler);
  }
  HelperRoutes::Added added =
      routes_.add(session.name(), session.definition().uri_role, method, uri, mine.handler, life_);
  if (added.refusal.empty() && !added.aside) {
    const nlohmann::json event{
        {"kismet.helper.name", session.name()}, {"kismet.helper.uri", uri}, {"kismet.helper.method", method}};
    events_.publish("URI_REGISTERED", event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return std::move(added.refusal);
}

/// A request holds its handler from the moment when its route was found until its end, and the routes hold it too.
bool DaemonServices::asked() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(given_.begin(), given_.end(),
                     [](const auto& given) { return given.second.handler.use_count() > 1; });
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

void DaemonServices::budget(HelperSession& session, const BudgetNotice& notice) {
  const nlohmann::json event{{"kismet.helper.name", session.name()},
                             {"kismet.helper.budget", to_string(notice.kind)},
                             {"kismet.helper.budget_step", to_string(notice.step)},
                             {"kismet.helper.budget_used", notice.used},
                             {"kismet.helper.budget_limit", notice.limit},
                             {"kismet.helper.text", notice.text}};
  events_.publish("HELPER_BUDGET", event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void DaemonServices::message(HelperSession& session, Severity severity, std::string_view text) {
  proxy_.messages.post(severity, session.name(), text);
}

}  // namespace kismet
