#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/replicated.h"
#include "httpd/authenticator.h"
#include "httpd/client_address.h"
#include "httpd/handler.h"
#include "httpd/origin_rules.h"
#include "httpd/request.h"
#include "httpd/router.h"
#include "httpd/settings.h"

namespace kismet {

/// What became of a request, for the access log.
struct RequestRecord {
  unsigned status = 0;                      // 0: the client left before anything was sent.
  std::uint64_t body_bytes = 0;             // Of the answer, as given by the handler (no framing).
  bool complete = false;                    // The kernel has taken the whole answer.
  std::chrono::nanoseconds time{};          // From the whole head to the end of the answer.
  std::chrono::nanoseconds time_to_head{};  // From the whole head to the answer's; negative: there was none.
  std::string_view owner;                   // The route's: a helper, or empty.
};

/// What the server tells its owner. Each is called on the loop of the connection that it is about; may be empty.
struct HttpdHooks {
  std::function<void(const Request&, const RequestRecord&)> request_done;
  /// A handler threw: a bug of ours. `request` says which ("GET /x").
  std::function<void(const std::string& request, const std::string& what)> handler_failed;
  /// Trouble that people should read: "cannot accept connections: Too many open files".
  std::function<void(const std::string& text)> trouble;
};

/// What all connections of a server share.
/// Thread rule: not changed once the server listens; read on every loop. Owned by the server.
struct HttpdContext {
  HttpdContext(const HttpdSettings& with, Replicated<Router>& routes, Authenticator& identity, HttpdHooks tell)
      : settings(with), router(routes), authenticator(identity), hooks(std::move(tell)) {}

  HttpdSettings settings;
  Replicated<Router>& router;
  Authenticator& authenticator;
  HttpdHooks hooks;
  std::shared_ptr<Handler> fallback;  // Answers GET and HEAD where there is no route; may be null.
  TrustedProxies proxies{settings.trusted_proxies};
  OriginRules origins{settings};
};

}  // namespace kismet
