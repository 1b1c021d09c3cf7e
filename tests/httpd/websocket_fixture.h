#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "httpd/websocket_handler.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/websocket_client.h"

namespace kismet::test {

/// Limits that a test reaches in its time.
inline HttpdSettings quick_websockets() {
  using namespace std::chrono_literals;
  HttpdSettings settings;
  settings.websocket_message_limit = 100'000;
  settings.websocket_close = 300ms;
  settings.linger_timeout = 300ms;
  return settings;
}

/// A server with a websocket that says everything back, for all and for those with a login.
struct WebSocketFixture {
  explicit WebSocketFixture(const HttpdSettings& settings = quick_websockets()) : server(settings) {
    add("/echo.ws", std::make_shared<EchoSocket>());
    add("/private.ws", std::make_shared<EchoSocket>(), "readonly");
  }
  void add(const char* path, std::shared_ptr<Handler> handler, const char* role = "none") {
    server.route(Route{
        .method = "GET", .pattern = path, .role = role, .owner = {}, .literal = false, .handler = std::move(handler)});
  }
  ServerFixture server;
};

}  // namespace kismet::test
