#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "base/loop.h"
#include "external/codec.h"
#include "external/helper_session.h"
#include "external/transport.h"

namespace kismet {

/// A helper that has connected by itself, until it has a session.
/// Thread rule: the loop of its transport. Owned by the task that serves it.
struct RemoteConnection {
  std::unique_ptr<Transport> transport;
  std::string kind;  // "tcp", "tls", "websocket".
  std::string peer;  // "127.0.0.1:40123"; for people, and the name of one that gives none.
  std::size_t frame_limit = std::numeric_limits<std::size_t>::max();  // Bytes of a frame that its transport takes.

  // Known once it has spoken.
  std::string subsystem;               // What it calls itself; empty: its first command did not say.
  const wire::Codec* codec = nullptr;  // Its generation's.

  /// "127.0.0.1:40123 over tcp".
  std::string text() const { return peer + " over " + kind; }
};

/// Waits for the first frame of `connection`, of at most `limit` bytes, and learns from it who that is; the session
/// reads the frame again. Returns an empty string, or why the connection cannot be served, whoever it is: no frame, the
/// end, a datasource. To give up, close the transport.
Task<std::string> read_hello(RemoteConnection& connection, std::size_t limit);

/// Tells a helper that it is not wanted here and why, if it has spoken; waits up to `linger` until it has read that,
/// and closes.
Task<void> dismiss(Loop& loop, RemoteConnection connection, std::string reason, std::chrono::milliseconds linger);

}  // namespace kismet
