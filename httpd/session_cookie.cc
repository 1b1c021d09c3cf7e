#include "httpd/session_cookie.h"

namespace kismet {

namespace {

std::string cookie(std::string_view value, const CookieScope& scope, std::string_view more) {
  std::string text = "KISMET=";
  text.append(value).append("; Path=").append(scope.prefix.empty() ? "/" : scope.prefix);
  text.append(more).append("; HttpOnly; SameSite=Lax");
  if (scope.secure) text += "; Secure";
  return text;
}

}  // namespace

std::string session_cookie(std::string_view session, const CookieScope& scope) {
  return cookie(session, scope, {});
}

std::string forgetting_cookie(const CookieScope& scope) {
  return cookie({}, scope, "; Max-Age=0");
}

}  // namespace kismet
