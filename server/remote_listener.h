#pragma once

#include <memory>
#include <string>

#include "base/deadlines.h"
#include "base/unique_fd.h"
#include "external/remote_door.h"
#include "httpd/byte_stream.h"
#include "httpd/poller.h"
#include "msgbus/message_bus.h"

namespace kismet {

/// Accepts helpers that connect over TCP, or TLS over it, and shows them to the door.
/// Thread rule: all members on the door's loop, which is the poller's. Owned by the composition root; the poller
/// outlives it and what it has accepted.
class RemoteListener {
 public:
  /// `socket` listens (open_listener()). `wrap` makes TLS of what comes; may be empty.
  RemoteListener(RemoteDoor& door, MessageBus& messages, Poller& poller, UniqueFd socket, StreamWrapper wrap);
  RemoteListener(const RemoteListener&) = delete;
  RemoteListener& operator=(const RemoteListener&) = delete;

  /// Accepts nobody any more.
  void close();

 private:
  void accept_some();
  void take(UniqueFd socket, std::string peer);

  RemoteDoor& door_;
  MessageBus& messages_;
  const StreamWrapper wrap_;
  Poller& poller_;
  UniqueFd socket_;
  bool in_trouble_ = false;
  Deadline again_;
  std::unique_ptr<Poller::Watch> watch_;  // Dies before the socket.
};

}  // namespace kismet
