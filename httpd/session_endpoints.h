#pragma once

#include <functional>
#include <string>
#include <vector>

#include "httpd/login_authenticator.h"
#include "httpd/password_store.h"
#include "httpd/router.h"

namespace kismet {

/// /session/*: how a client finds out whether a login exists and is valid, and sets the first (HTTP_API.md B1, B8).
/// Before there is a login, it can be set from this machine itself, or by whoever shows the set-up code that the daemon
/// printed (form field `setup_code`); a request that a proxy passed on is not from this machine.
/// POST /session/logout ends the sessions of the request's cookies, and has the browser forget them.
/// Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> session_routes(Loops& loops, PasswordStore& passwords, TokenStore& tokens,
                                  LoginAuthenticator& authenticator, std::function<void(const std::string&)> audit);

}  // namespace kismet
