#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "httpd/request.h"
#include "httpd/request_gate.h"
#include "httpd/settings.h"

namespace kismet {

/// Which pages of other origins may do what with this server (HTTP_API.md B8, "cross-site").
/// Thread rule: immutable, safe everywhere. Owned by the server.
class OriginRules {
 public:
  explicit OriginRules(const HttpdSettings& settings);

  /// Refuses what a foreign page must not do: change something, or open a websocket. `trusted`: a trusted proxy's
  /// X-Forwarded-Host counts as Host.
  Refusal check_origin(const Request& request, bool upgrade, bool trusted) const;
  /// Refuses a Host that a loopback address cannot have, but a name that was rebound to it would: for requests that
  /// came to a loopback address.
  Refusal check_host(const Request& request) const;
  /// The header lines that let the request's origin read the answer; empty if there is none or it may not.
  std::string cors_headers(const Request& request) const;
  /// Whether the request asks what another origin may do; then the lines that answer it, after cors_headers().
  static bool is_preflight(const Request& request);
  std::string preflight_headers(const Request& request, std::string_view methods) const;

 private:
  bool listed(std::string_view origin) const;

  bool allow_cors_;
  std::vector<std::string> origins_;
  std::vector<std::string> hosts_;
};

}  // namespace kismet
