#include "httpd/identity.h"

#include "httpd/apikey_endpoints.h"
#include "httpd/session_endpoints.h"

namespace kismet {

Identity::Identity(Loops& loops, Worker& worker, IdentitySettings settings, Audit audit)
    : loops_(loops),
      settings_(std::move(settings)),
      audit_(std::move(audit)),
      passwords_(loops, worker, settings_, audit_),
      tokens_(loops, worker, settings_, audit_),
      authenticator_(loops, worker, settings_, passwords_, tokens_, audit_) {
  passwords_.on_change([this](const Login& login) {
    tokens_.end_sessions(login);
    authenticator_.forget_logins();
  });
}

std::string Identity::load() {
  if (std::string error = passwords_.load(); !error.empty()) return error;
  return tokens_.load(*passwords_.login());
}

Task<void> Identity::reload() {
  co_await passwords_.reload();
  co_await tokens_.reload_keys();
}

std::vector<Route> Identity::routes() {
  std::vector<Route> routes = session_routes(loops_, passwords_, authenticator_, audit_);
  for (Route& route : apikey_routes(loops_, tokens_, settings_, audit_)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace kismet
