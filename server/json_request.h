#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "httpd/request.h"

namespace kismet {

/// JSON from outside, at most `max_depth` levels deep, so that no later recursion over it is deep either. Nothing: it
/// is no JSON, or deeper.
std::optional<nlohmann::json> parse_json(std::string_view text, std::size_t max_depth = 64);

/// The JSON that a request carries: its body, even one that is called a form (as curl's -d calls it), or the variable
/// `json` of a form or query. An empty object if it carries none; nothing if what it carries is no JSON.
std::optional<nlohmann::json> json_of(const Request& request);

/// A point in time as clients write it: seconds, with or without a fraction; negative is so long before `now`.
std::optional<WallTime> parse_timestamp(std::string_view text, WallTime now);

/// Seconds since 1970, with microseconds as their fraction.
double seconds_of(WallTime time);

}  // namespace kismet
