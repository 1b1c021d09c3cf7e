#pragma once

#include <functional>
#include <string>
#include <vector>

#include "httpd/router.h"
#include "httpd/token_store.h"

namespace kismet {

/// /auth/apikey/*: admin makes, lists and revokes API keys (HTTP_API.md B1). What cannot be done is answered 500 with
/// "ERROR: ..." and the reason, as clients expect.
/// Thread rule: as Handler. What is referred to outlives the handlers.
std::vector<Route> apikey_routes(Loops& loops, TokenStore& tokens, const IdentitySettings& settings,
                                 std::function<void(const std::string&)> audit);

/// Why an API key cannot have this name, or this role; empty: it can.
std::string refuse_key_name(std::string_view name);
std::string refuse_key_role(std::string_view role);

}  // namespace kismet
