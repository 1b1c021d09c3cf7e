#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/wakeup.h"
#include "external/transport.h"
#include "httpd/websocket.h"

namespace kismet {

/// How much may be under way between a websocket and the helper's session, which may be on another loop.
struct WebSocketTransportLimits {
  std::size_t incoming = 1024 * 1024;  // Bytes that the session has not read; over them the socket is not read.
  std::size_t outgoing = 256 * 1024;   // Bytes that the client has not taken, beside the frame that is over it.
};

/// The two ends of a helper's websocket: the handler's, on its connection's loop, and the transport's, on the helper's.
/// Each frame to the helper is a message of its own; messages from it are taken as the bytes that they are.
/// Thread rule: members are grouped by the loop that they run on. Shared by both ends, and outlives neither.
class WebSocketBridge : public std::enable_shared_from_this<WebSocketBridge> {
 public:
  WebSocketBridge(WebSocket& socket, Loop& session_loop, const WebSocketTransportLimits& limits);

  // On the connection's loop.
  /// Serves the socket until it is closed, by either end.
  Task<void> serve();

  // On the session's loop.
  boost::system::result<std::size_t> read_some(std::span<char> into);
  boost::system::result<std::size_t> write_frame(std::span<const net::const_buffer> from);
  Task<boost::system::error_code> wait_readable();
  Task<boost::system::error_code> wait_writable();
  void close();

 private:
  class Attached;
  void send(std::shared_ptr<const std::string> frame);
  void settle();
  void was_read(std::size_t count);
  void hang_up();

  void came(std::string message);
  void was_sent(std::size_t count);
  void client_left();

  const WebSocketTransportLimits limits_;
  Loop& socket_loop_;
  Loop& session_loop_;

  // On the connection's loop.
  WebSocket* socket_;          // Null once its handler has ended.
  std::size_t unread_ = 0;     // Bytes given to the other end, and not read there.
  std::size_t unsettled_ = 0;  // Bytes given to the socket, and not yet reported as sent.
  Wakeup room_;

  // On the session's loop.
  std::deque<std::string> messages_;
  std::size_t at_ = 0;           // Bytes of the first that are read.
  std::size_t outstanding_ = 0;  // Bytes given to the other end, and not yet sent.
  bool left_ = false;            // The client is gone: nothing comes any more.
  bool closed_ = false;
  Wakeup readable_;
  Wakeup writable_;
};

/// A helper's bytes over a websocket.
/// Thread rule and ownership: Transport's.
class WebSocketTransport final : public Transport {
 public:
  explicit WebSocketTransport(std::shared_ptr<WebSocketBridge> bridge) : bridge_(std::move(bridge)) {}
  ~WebSocketTransport() override { close(); }

  boost::system::result<std::size_t> read_some(std::span<char> into) override { return bridge_->read_some(into); }
  boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) override {
    return bridge_->write_frame(from);
  }
  Task<boost::system::error_code> wait_readable() override { return bridge_->wait_readable(); }
  Task<boost::system::error_code> wait_writable() override { return bridge_->wait_writable(); }
  bool one_frame_a_write() const override { return true; }
  void close_write() override { bridge_->close(); }
  void close() override { bridge_->close(); }

 private:
  const std::shared_ptr<WebSocketBridge> bridge_;
};

}  // namespace kismet
