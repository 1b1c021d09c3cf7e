#pragma once

#include "httpd/handler.h"
#include "httpd/request.h"
#include "httpd/request_gate.h"
#include "httpd/websocket.h"

namespace kismet {

/// A route that speaks websocket: does the handshake, and the closing. Who may open it is decided before, by the
/// route's role and the origin rules. Thread rule and ownership: Handler's.
class WebSocketHandler : public Handler {
 public:
  Task<void> handle(const Request& request, ResponseWriter& out) final;

 protected:
  explicit WebSocketHandler(SlowClient slow = SlowClient::drop) : slow_(slow) {}
  /// Serves one client until it returns; the socket is closed (normal) after that, if it is not yet. When the server
  /// stops, or the client has left, receive() returns nothing. An exception closes with internal_error.
  virtual Task<void> serve(const Request& request, WebSocket& socket) = 0;

 private:
  SlowClient slow_;
};

/// What is wrong with a websocket handshake.
Refusal check_handshake(const Request& request);

/// Sends back what it is sent: /debug/echo.ws, for other people's conformance suites.
class EchoSocket final : public WebSocketHandler {
 public:
  EchoSocket() : WebSocketHandler(SlowClient::disconnect) {}

 protected:
  Task<void> serve(const Request& request, WebSocket& socket) override;
};

}  // namespace kismet
