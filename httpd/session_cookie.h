#pragma once

#include <string>
#include <string_view>

#include "httpd/request.h"

namespace kismet {

/// Which requests the browser shows a session's cookie to: those below the path under which it sees this daemon, and
/// those over TLS alone where the login came over TLS. A value.
struct CookieScope {
  bool secure = false;
  std::string prefix;  // As Request::prefix.

  static CookieScope of(const Request& request) { return {request.secure, request.prefix}; }
};

/// The value of a Set-Cookie that logs a browser in, and of one that logs it out.
std::string session_cookie(std::string_view session, const CookieScope& scope);
std::string forgetting_cookie(const CookieScope& scope);

}  // namespace kismet
