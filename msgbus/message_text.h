#pragma once

#include <string>
#include <string_view>

#include "msgbus/message.h"

namespace kismet {

/// `text` as one line of at most `max_bytes` of valid UTF-8, whatever bytes it holds: line breaks and tabs become
/// spaces, other control characters are shown as \x1b, an end that is cut off as "...". Space at both ends goes.
std::string message_line(std::string_view text, std::size_t max_bytes);

/// "INFO", "ERROR" ...; what the kismetdb column msgtype holds.
std::string_view severity_name(Severity severity);

/// The object of a MESSAGE event and of the message lists (HTTP_API.md B2).
std::string message_json(const Message& message);
/// The object of the ALERT event that goes with a message of that severity.
std::string alert_json(const Message& message);

}  // namespace kismet
