#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventbus/event_bus.h"
#include "msgbus/message.h"

namespace kismet {

class HelperSession;
struct BudgetNotice;
class SpillSpace;

/// What a helper may ask of the daemon, as its session sees it. `server/` implements it.
/// Thread rule: called on the session's loop. Owned by the composition root.
class HelperServices {
 public:
  virtual ~HelperServices() = default;

  /// Makes `method uri` a route to this helper, until the session ends (routes_gone). Returns an empty string, or why
  /// not (for people): another owner, a reserved path, not a path.
  virtual std::string register_uri(HelperSession& session, std::string_view method, std::string_view uri) = 0;
  /// The session is over: its routes and its token end with it.
  virtual void session_ended(HelperSession& session) = 0;
  /// This helper's token for the web server, 32 hex digits; the same at each call of one session.
  virtual std::string token(HelperSession& session) = 0;
  /// Publishes on the event bus. Returns an empty string, or why not: not JSON, a core event's name.
  virtual std::string publish(HelperSession& session, std::string_view topic, std::string_view content_json) = 0;
  [[nodiscard]] virtual Subscription subscribe(HelperSession& session, std::vector<std::string> topics,
                                               EventBus::Handler handler) = 0;
  virtual void message(HelperSession& session, Severity severity, std::string_view text) = 0;
  /// It comes near a budget of its, is over one, or is ended for that.
  virtual void budget(HelperSession& /*session*/, const BudgetNotice& /*notice*/) {}
  /// Where answers wait that do not fit in memory; null: they have memory alone.
  virtual SpillSpace* spill_space() { return nullptr; }
};

}  // namespace kismet
