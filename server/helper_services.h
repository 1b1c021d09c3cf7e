#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "external/helper_services.h"
#include "server/helper_routes.h"
#include "server/proxy_handler.h"

namespace kismet {

class EventBus;

/// Hands out and takes back the helpers' tokens for the web server. The login side implements it.
struct HelperTokens {
  std::function<std::string(const std::string& helper, const std::string& role)> issue;
  std::function<void(const std::string& token)> revoke;
};

/// The daemon's side of what helpers ask: routes, tokens, events, messages.
/// Thread rule: as HelperServices (called on the sessions' loops, several at a time). Owned by the composition root.
class DaemonServices final : public HelperServices {
 public:
  DaemonServices(HelperRoutes& routes, EventBus& events, HelperTokens tokens, const ProxyHandler::Common& proxy);

  std::string register_uri(HelperSession& session, std::string_view method, std::string_view uri) override;
  void session_ended(HelperSession& session) override;
  std::string token(HelperSession& session) override;
  std::string publish(HelperSession& session, std::string_view topic, std::string_view content_json) override;
  Subscription subscribe(HelperSession& session, std::vector<std::string> topics, EventBus::Handler handler) override;
  void message(HelperSession& session, Severity severity, std::string_view text) override;

 private:
  /// What one session was given.
  struct Given {
    std::shared_ptr<ProxyHandler> handler;
    std::string token;
  };
  Given& given(HelperSession& session);

  HelperRoutes& routes_;
  EventBus& events_;
  const HelperTokens tokens_;
  const ProxyHandler::Common proxy_;
  std::mutex mutex_;  // Guards given_ alone; each element is touched by its session's loop only.
  std::unordered_map<const HelperSession*, Given> given_;
};

}  // namespace kismet
