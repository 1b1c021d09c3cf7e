#pragma once

#include <functional>
#include <span>
#include <string>

#include "httpd/client_link.h"
#include "httpd/input_buffer.h"
#include "httpd/settings.h"

namespace kismet {

/// A connection that a handler has taken over, for another protocol than HTTP. It ends with the handler's task.
/// Thread rule: the connection's loop. Owned by the connection.
struct Upgrade {
  ClientLink& link;
  InputBuffer& input;             // May hold what the client sent behind its request.
  std::span<char> receive_space;  // Anybody's, as long as nothing else runs.
  const HttpdSettings& settings;
  std::string unsent;             // Of the answer's head: goes before everything else.
  std::function<void()> on_stop;  // Set by the handler as long as it is there: the server stops, end in order.
};

}  // namespace kismet
