#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kismet {

/// What `kismet ctl` prints, made of what the daemon answered. Nothing that is missing in it is an error: it is shown
/// as nothing. `colours`: for a terminal. Thread rule: safe everywhere.

std::string show_status(const nlohmann::json& status, const nlohmann::json& helpers, bool colours);
std::string show_helpers(const nlohmann::json& helpers, bool colours);
std::string show_helper(const nlohmann::json& helper, bool colours);
std::string show_routes(const nlohmann::json& routes, bool colours);
std::string show_reload(const nlohmann::json& result, bool colours);

}  // namespace kismet
