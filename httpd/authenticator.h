#pragma once

#include <string>
#include <string_view>

#include "base/async.h"
#include "httpd/request.h"

namespace kismet {

/// What authentication made of a request.
struct AuthResult {
  Principal principal;     // role is empty: no valid credential.
  std::string set_cookie;  // A whole Set-Cookie value for the answer, or empty.
  unsigned retry_after = 0;  // Seconds: too many failed logins from there, answer 429.
};

/// Finds out who is asking (HTTP_API.md B1, "Credential sources").
/// Thread rule: called on the connection's loop, which may be any. Owned by the composition root.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// The fast way: answers at once when cookie or a remembered login decide. False: ask authenticate().
  virtual bool try_authenticate(const Request& request, AuthResult& result) = 0;
  /// May hash a password, off the I/O thread.
  virtual Task<AuthResult> authenticate(const Request& request) = 0;
};

/// Whether `principal` may use a route of `role`.
bool may_use(const Principal& principal, std::string_view role);

}  // namespace kismet
