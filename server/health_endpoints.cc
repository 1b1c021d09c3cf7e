#include "server/health_endpoints.h"

#include <memory>
#include <string>

#include "base/run_on.h"
#include "base/utf8.h"
#include "httpd/response_writer.h"

namespace kismet {

namespace {

constexpr std::string_view kNamesRole = "readonly";

ResponseHead plain(unsigned status) {
  return {status, "text/plain; charset=utf-8", {{"Cache-Control", "no-cache"}}};
}

class Health final : public Handler {
 public:
  Task<void> handle(const Request&, ResponseWriter& out) override {
    const ResponseHead head = plain(200);
    co_await out.send(head, "alive\n");
  }
};

class Ready final : public Handler {
 public:
  explicit Ready(const HealthPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    Task<std::vector<HelperView>> ask = run_on(pages_.home, pages_.helpers.views());
    const std::vector<HelperView> all = co_await std::move(ask);
    std::string awaited;
    for (const HelperView& helper : all) {
      if (is_awaited(helper)) awaited += (awaited.empty() ? "" : ", ") + helper.snapshot.name;
    }
    std::string text = "ready\n";
    if (!awaited.empty()) {
      const AuthResult who = co_await pages_.authenticator.authenticate(request);
      text = may_use(who.principal, kNamesRole) ? "not ready: " + to_valid_utf8(awaited) + "\n" : "not ready\n";
    }
    const ResponseHead head = plain(awaited.empty() ? 200 : 503);
    co_await out.send(head, text);
  }

 private:
  const HealthPages pages_;
};

}  // namespace

bool is_awaited(const HelperView& helper) {
  const HelperSnapshot& is = helper.snapshot;
  if (helper.definition.transport != HelperTransport::pipe) return false;  // It comes when it likes.
  return helper.definition.enabled && !is.ever_ready && !is.silent && is.state != HelperState::stopped;
}

std::vector<Route> health_routes(const HealthPages& pages) {
  const std::string none(RouteRole::kNone);
  return {{"GET", "/system/health", none, {}, false, std::make_shared<Health>()},
          {"GET", "/system/ready", none, {}, false, std::make_shared<Ready>(pages)}};
}

}  // namespace kismet
