#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kismet {

/// Lines of what `kismet ctl` follows, as ctl_show.h makes pages. Thread rule: safe everywhere.

/// A message, with its line end.
std::string show_message(const nlohmann::json& message, bool colours);
/// A frame as wire.ws sends it, or its word on frames that were lost.
std::string show_frame(const nlohmann::json& frame, bool colours);

}  // namespace kismet
