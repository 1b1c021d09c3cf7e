#include "server/remote_socket.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "httpd/error_pages.h"
#include "httpd/response_writer.h"
#include "httpd/websocket_handler.h"

namespace kismet {

namespace {

class RemoteSocket final : public WebSocketHandler {
 public:
  RemoteSocket(RemoteDoor& door, std::size_t queue_limit)
      : WebSocketHandler(SlowClient::disconnect), door_(door), frame_limit_(queue_limit / 2) {
    limits_.outgoing = std::min(limits_.outgoing, queue_limit / 4);
  }

 protected:
  Task<void> serve(const Request& request, WebSocket& socket) override {
    const auto bridge = std::make_shared<WebSocketBridge>(socket, door_.loop(), limits_);
    auto come_in = [&door = door_, bridge, peer = request.client_address, limit = frame_limit_] {
      RemoteConnection connection;
      connection.transport = std::make_unique<WebSocketTransport>(bridge);
      connection.kind = "websocket";
      connection.peer = peer;
      connection.frame_limit = limit;
      door.enter(std::move(connection));
    };
    net::dispatch(door_.loop().get_executor(), std::move(come_in));
    co_await bridge->serve();
  }

 private:
  RemoteDoor& door_;
  const std::size_t frame_limit_;  // One frame fits into the socket's queue beside what is on its way already.
  WebSocketTransportLimits limits_;
};

/// A route has one role; this lets in those of several.
class HelpersOnly final : public Handler {
 public:
  explicit HelpersOnly(std::shared_ptr<Handler> handler) : handler_(std::move(handler)) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const std::string& role = request.principal.role;
    if (role == "admin" || role == "helper" || role == "datasource") {
      co_await handler_->handle(request, out);
      co_return;
    }
    const OwnPage page = make_error_page(403, "A helper takes a login of the role helper or datasource", request);
    co_await out.send(page.head, page.body);
  }

 private:
  const std::shared_ptr<Handler> handler_;
};

}  // namespace

std::vector<Route> remote_routes(RemoteDoor& door, std::size_t queue_limit) {
  const auto handler = std::make_shared<HelpersOnly>(std::make_shared<RemoteSocket>(door, queue_limit));
  std::vector<Route> routes;
  for (const std::string_view path : {"/external/helper.ws", "/datasource/remote/remotesource.ws"}) {
    routes.push_back({"GET", std::string(path), std::string(RouteRole::kAny), {}, false, handler});
  }
  return routes;
}

}  // namespace kismet
