#pragma once

#include <functional>

#include "base/deadlines.h"
#include "base/loop.h"
#include "httpd/client_address.h"
#include "httpd/httpd_context.h"
#include "httpd/listen_address.h"
#include "httpd/poller.h"
#include "httpd/socket_stream.h"

namespace kismet {

/// Accepts connections and hands them out. When descriptors or memory are used up it answers 503 by way of a descriptor
/// kept in reserve, and pauses; it never turns in a loop.
/// Thread rule: all members on the loop. Owned by the server.
class Listener {
 public:
  using OnAccept = std::function<void(UniqueFd socket, const PeerAddress& peer)>;

  /// Throws std::system_error if the kernel has no room to watch the socket.
  Listener(Loop& loop, Poller& poller, UniqueFd socket, const HttpdContext& context, OnAccept on_accept);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();

 private:
  void accept_some();
  int accept_one(PeerAddress& peer);
  void cannot_accept(int error);
  void answer_from_reserve();

  Loop& loop_;
  const HttpdContext& context_;
  OnAccept on_accept_;
  UniqueFd socket_;
  UniqueFd reserve_;
  bool in_trouble_ = false;
  Deadline again_;
  Poller::Watch watch_;
};

/// Answers 503 and closes, for a connection that is not served; what does not fit at once is lost.
void turn_away(UniqueFd socket);

}  // namespace kismet
