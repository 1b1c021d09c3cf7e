#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "httpd/percent.h"
#include "httpd/request.h"

namespace kismet {

/// A name and a password as a client may have meant them.
struct LoginReading {
  std::string name;
  std::string password;
  friend bool operator==(const LoginReading&, const LoginReading&) = default;
};

/// Longest names and passwords that are looked at; what is longer is no credential.
inline constexpr std::size_t kMaxLoginName = 128;
inline constexpr std::size_t kMaxPassword = 1024;

/// What a request says for itself by name and password, each way to read it once, best first: Basic, then the query's
/// `user` and `password`. A Basic header that is no UTF-8 is read as it is and as Latin-1 (browsers' btoa); a `+` of
/// the query is read as a space and as itself, since clients disagree. Empty names and passwords are no credentials.
std::vector<LoginReading> login_readings(const Request& request);
/// Whether login_readings() has anything to look at; costs nothing to ask.
bool has_login(const Request& request);

namespace detail {

/// The values of cookie `KISMET` in one Cookie header, not decoded.
std::string_view next_cookie(std::string_view& header, std::string_view name);

}  // namespace detail

/// Calls `visit(token)` for each token that a request shows, until it returns false: every `KISMET` cookie, then every
/// `KISMET` query variable. At most kMaxTokens are looked at.
inline constexpr int kMaxTokens = 32;

template <typename Visit>
void for_each_token(const Request& request, Visit&& visit) {
  int left = kMaxTokens;
  const auto offer = [&](std::string_view token) { left = !token.empty() && !visit(token) ? 0 : left - 1; };
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const Headers::Field field = request.headers[i];
    if (!iequals(field.name, "cookie")) continue;
    for (std::string_view rest = field.value; left > 0 && !rest.empty();) offer(detail::next_cookie(rest, "KISMET"));
  }
  const auto offer_field = [&](std::string_view name, std::string_view value) {
    if (left > 0 && name == "KISMET") offer(percent_decode(value, Plus::itself));
  };
  if (request.query.find("KISMET=") != std::string::npos) for_each_field(request.query, offer_field);
}

}  // namespace kismet
