#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/replicated.h"
#include "httpd/byte_stream.h"
#include "httpd/connection_set.h"
#include "httpd/httpd_context.h"
#include "httpd/listener.h"

namespace kismet {

/// The web server: listens, spreads its connections over the loops, and has them answered by the router's handlers.
/// Thread rule: all members on the first loop (or before the loops run), but for counters(), which is safe everywhere.
/// Owned by the composition root; destroy it after stop() has returned or the loops have stopped for good.
class HttpServer {
 public:
  HttpServer(Loops& loops, const HttpdSettings& settings, Replicated<Router>& router, Authenticator& authenticator,
             HttpdHooks hooks);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Answers GET and HEAD where there is no route. Call before start().
  void set_fallback(std::shared_ptr<Handler> handler) { context_.fallback = std::move(handler); }
  /// Takes on a socket that listens (open_listener()); what comes is accepted after start(). `wrap` makes TLS of it.
  void add_listener(Listening listening, StreamWrapper wrap = {});
  /// The same for a unix socket on which the daemon's own user, and root, may do everything without a login.
  void add_control_listener(Listening listening);
  /// Opens one and takes it on; the result's socket and file have been taken.
  Listening listen(const ListenAddress& address, StreamWrapper wrap = {});
  void start();
  /// Stops accepting, ends what is idle, waits for what is in progress up to the settings' stop_grace, and ends the
  /// rest.
  Task<void> stop();

  HttpdCounters counters() const;
  const HttpdSettings& settings() const { return context_.settings; }

 private:
  struct StopState;
  void limit_unsent(const UniqueFd& socket) const;
  void take_on(Listening listening, Listener::OnAccept on_accept);
  void accepted(UniqueFd socket, const PeerAddress& peer, const StreamWrapper& wrap);
  bool has_room_for(const PeerAddress& peer) const;
  void count_out(const PeerAddress& peer);

  Loops& loops_;
  HttpdContext context_;
  std::vector<std::unique_ptr<ConnectionSet>> sets_;  // One a loop.
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<SocketFile> socket_files_;
  std::size_t turn_ = 0;
  std::size_t open_ = 0;
  std::map<boost::asio::ip::address, std::size_t> open_by_address_;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace kismet
