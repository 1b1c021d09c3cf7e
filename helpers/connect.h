#pragma once

#include <string>

#include "helpers/helper_client.h"

namespace kismet::helper {

/// Connects a helper that the daemon does not start: `url` is tcp://HOST:PORT, or ws://HOST:PORT/PATH?QUERY, where the
/// path is /external/helper.ws if there is none. A websocket takes a login: KISMET=KEY in the query, or better an API
/// key of the role helper in the environment variable KISMET_API_KEY, which nobody else can read off a command line.
/// Fills in what `settings` says of descriptors. Returns why it failed, or an empty string. Blocks, up to half a
/// minute.
std::string connect_to(const std::string& url, Settings& settings);

}  // namespace kismet::helper
