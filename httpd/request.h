#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "httpd/headers.h"

namespace kismet {

/// Who is asking, as authentication found it.
struct Principal {
  std::string name;  // The login's or token's name; empty: nobody.
  std::string role;  // "admin" may everything; others are compared for equality.
};

using Variables = std::vector<std::pair<std::string, std::string>>;

/// One request that passed the gate (request_gate.h), whole, with its body.
struct Request {
  std::string method;  // Upper case, as sent: GET, HEAD, POST ...
  std::string target;  // As sent.
  // Of the target, without query: our prefix stripped, double slashes collapsed, not percent-decoded. For a helper's
  // route it is the URI as the helper registered it, however the client escaped it.
  std::string path;
  std::string prefix;     // Under which the client sees our root: empty, or "/kismet"; letters, digits and -._~/ alone.
  std::string query;      // Of the target, after '?', not decoded.
  unsigned version = 11;  // 10 or 11.
  Headers headers;
  std::string body;
  std::string client_address;  // Without port.
  bool secure = false;         // Came over TLS.
  bool from_loopback = false;
  SteadyTime received{};              // When its head was whole.
  Principal principal;                // Set once a credential was found valid.
  std::vector<std::string> captures;  // What the route's pattern captured, in order.

  /// Query variables, and over them those of a form body; a JSON body is variable `json` (HTTP_API.md B5, B8). Of those
  /// of one name the last counts. Credentials in the query (KISMET, user, password) are left out.
  Variables variables() const;
  /// The media type of the body, without parameters.
  std::string_view content_type() const;
  /// Empties all; what memory the strings hold, up to `keep` bytes each, serves the next request of the connection.
  void clear(std::size_t keep);
};

}  // namespace kismet
