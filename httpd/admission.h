#pragma once

#include <memory>
#include <string>

#include "httpd/authenticator.h"
#include "httpd/handler.h"
#include "httpd/httpd_context.h"
#include "httpd/request_gate.h"

namespace kismet {

/// Who may ask what: the way from a parsed request to its handler, or to the reason why there is none.
struct Admission {
  Refusal refusal;
  std::string detail;                // More words for the refusal's reason.
  std::shared_ptr<Handler> handler;  // Set if not refused, but for OPTIONS.
  std::string owner;                 // The route's.
  std::string role;                  // A login is wanted; see judge(). Empty: none.
  std::string allow;                 // Methods, for 405 and OPTIONS.
  std::string lines;                 // Header lines for the answer, whatever it is.
  bool options = false;              // OPTIONS: answer 204 with `allow`.

  void clear();
};

/// Checks host and origin, and finds the route of `request`, whose client_address is filled.
void find_handler(const HttpdContext& context, Router& router, const PeerAddress& peer, bool upgrade, Request& request,
                  Admission& admission);

/// The header line that tells the web UI, which asks with HEAD, below which path it is seen from outside: our prefix,
/// or a trusted proxy's X-Forwarded-Prefix. Empty if there is none.
std::string proxy_dir_line(const HttpdContext& context, const PeerAddress& peer, bool had_prefix,
                           const Request& request);

/// What the login means for a route that wants one.
void judge(const AuthResult& result, Request& request, Admission& admission);

}  // namespace kismet
