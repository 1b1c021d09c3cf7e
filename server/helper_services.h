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

/// The daemon's side of what one life of a helper asks: routes, tokens, events, messages. Two lives of one helper,
/// while it is swapped, share nothing of it. Thread rule: asked() everywhere, the rest as HelperServices. Owned by
/// whoever owns that life; dies after it.
class DaemonServices final : public HelperServices {
 public:
  DaemonServices(HelperRoutes& routes, EventBus& events, HelperTokens tokens, const ProxyHandler::Common& proxy,
                 HelperLifeId life = {});

  std::string register_uri(HelperSession& session, std::string_view method, std::string_view uri) override;
  void session_ended(HelperSession& session) override;
  std::string token(HelperSession& session) override;
  std::string publish(HelperSession& session, std::string_view topic, std::string_view content_json) override;
  Subscription subscribe(HelperSession& session, std::vector<std::string> topics, EventBus::Handler handler) override;
  void message(HelperSession& session, Severity severity, std::string_view text) override;
  void budget(HelperSession& session, const BudgetNotice& notice) override;
  SpillSpace* spill_space() override { return proxy_.spill; }

  /// Whether a request is under way that came by one of its routes, or may still come.
  bool asked() const;

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
  const ProxyHandler::Common& proxy_;
  const HelperLifeId life_;
  mutable std::mutex mutex_;  // Guards given_, and its handlers' pointers; the rest is its session's loop's.
  std::unordered_map<const HelperSession*, Given> given_;
};

}  // namespace kismet
