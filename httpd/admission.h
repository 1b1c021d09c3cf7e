#pragma once

#include <memory>
#include <string>

#include "httpd/authenticator.h"
#include "httpd/handler.h"
#include "httpd/httpd_context.h"
#include "httpd/request_gate.h"
#include "httpd/route_stats.h"

namespace kismet {

/// Who may ask what: the way from a parsed request to its handler, or to the reason why there is none.
struct Admission {
  Refusal refusal;
  std::string detail;                 // More words for the refusal's reason.
  std::shared_ptr<Handler> handler;   // Set if not refused, but for OPTIONS.
  std::shared_ptr<RouteStats> stats;  // The route's, if it counts.
  std::string owner;                  // The route's.
  RouteClass route_class = RouteClass::none;
  std::string role;           // A login is wanted; see judge(). Empty: none.
  std::string allow;          // Methods, for 405 and OPTIONS.
  std::string lines;          // Header lines for the answer, whatever it is.
  bool options = false;       // OPTIONS: answer 204 with `allow`.
  bool without_body = false;  // The handler answers without the request's body, which is not read.

  void clear();
};

/// Checks host and origin, and finds the route of `request`, whose client_address is filled.
void find_handler(const HttpdContext& context, Router& router, const PeerAddress& peer, bool upgrade, Request& request,
                  Admission& admission);

/// The path below which the client sees us: what a trusted proxy says (X-Forwarded-Prefix, X-Proxy-Dir), else our own
/// prefix if the target had it. As Request::prefix; what has other characters than those is not believed.
std::string outside_prefix(const HttpdContext& context, const PeerAddress& peer, bool had_prefix,
                           const Request& request);

/// The header line that tells the web UI, which asks with HEAD, that path. Empty if there is none.
std::string proxy_dir_line(const Request& request);

/// What the login means for a route that wants one.
void judge(const AuthResult& result, Request& request, Admission& admission);

}  // namespace kismet
