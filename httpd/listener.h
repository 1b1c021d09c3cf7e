#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/deadlines.h"
#include "base/loop.h"
#include "httpd/client_address.h"
#include "httpd/httpd_context.h"
#include "httpd/poller.h"
#include "httpd/socket_stream.h"

namespace kismet {

/// Where a server listens: an address and port, or a unix socket.
struct ListenAddress {
  std::string address = "127.0.0.1";  // An IPv4 or IPv6 literal; "::" is IPv6 alone.
  std::uint16_t port = 2501;          // 0: any that is free.
  std::string unix_path;              // If not empty, this instead. A socket nobody listens on any more is replaced.
  unsigned unix_mode = 0660;          // Permissions of its file.
};

/// "127.0.0.1:2501", "[::1]:2501", "unix:/run/x".
std::string to_string(const ListenAddress& address);

/// What came of listening.
struct Listening {
  UniqueFd socket;
  std::uint16_t port = 0;  // The actual one.
  std::string error;       // Not empty: failed, and this says why, with the address.
};

/// Opens a socket that listens: non-blocking, close-on-exec, no delay.
Listening open_listener(const ListenAddress& address);

/// Accepts connections and hands them out. When descriptors or memory are used up it answers 503 by way of a descriptor
/// kept in reserve, and pauses; it never turns in a loop.
/// Thread rule: all members on the loop. Owned by the server.
class Listener {
 public:
  using OnAccept = std::function<void(UniqueFd socket, const PeerAddress& peer)>;

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
