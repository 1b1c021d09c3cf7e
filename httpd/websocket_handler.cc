#include "httpd/websocket_handler.h"

#include <boost/beast/websocket/detail/hybi13.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "httpd/character_sets.h"
#include "httpd/error_pages.h"
#include "httpd/response_writer.h"

namespace kismet {

namespace websocket = boost::beast::websocket;

namespace {

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (iequals(item, token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// Sixteen bytes in base 64.
bool is_key(std::string_view key) {
  constexpr CharacterSet kBase64 = kAlphanumeric.with('+', '+').with('/', '/');
  return key.size() == 24 && key.ends_with("==") && kBase64.has_all(key.substr(0, 22));
}

ResponseHead accepting_head(const Request& request) {
  const std::string_view key = request.headers.get("sec-websocket-key");
  websocket::detail::sec_ws_accept_type accept;
  websocket::detail::make_sec_ws_accept(accept, {key.data(), key.size()});
  return {.status = 101,
          .content_type = {},
          .headers = {{"Upgrade", "websocket"},
                      {"Connection", "Upgrade"},
                      {"Sec-WebSocket-Accept", std::string(accept.data(), accept.size())}}};
}

}  // namespace

Refusal check_handshake(const Request& request) {
  if (request.method != "GET") return {426, "This address speaks websocket"};
  if (!has_token(request.headers.get("upgrade"), "websocket")) return {426, "This address speaks websocket"};
  if (request.version != 11) return {400, "A websocket handshake takes HTTP/1.1"};
  if (!has_token(request.headers.get("connection"), "upgrade")) {
    return {400, "The websocket handshake has no Connection: Upgrade"};
  }
  if (!request.body.empty()) return {400, "A websocket handshake has no body"};
  if (request.headers.count("sec-websocket-version") != 1 || request.headers.get("sec-websocket-version") != "13") {
    return {426, "The websocket version spoken here is 13"};
  }
  if (request.headers.count("sec-websocket-key") != 1 || !is_key(request.headers.get("sec-websocket-key"))) {
    return {400, "The Sec-WebSocket-Key is not valid"};
  }
  return {};
}

Task<void> WebSocketHandler::handle(const Request& request, ResponseWriter& out) {
  Refusal refusal = check_handshake(request);
  Upgrade* upgrade = refusal ? nullptr : out.upgrade(accepting_head(request));
  if (!refusal && !upgrade) refusal = {400, "This connection cannot change to websocket"};
  if (refusal) {
    OwnPage page = make_error_page(refusal.status, refusal.reason, request);
    if (refusal.status == 426) {
      page.head.headers.emplace_back("Upgrade", "websocket");
      page.head.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    co_await out.send(page.head, page.body);
    co_return;
  }
  WebSocket socket(*upgrade, slow_);
  upgrade->on_stop = [&socket] { socket.close(CloseCode::going_away, "the server stops"); };
  std::exception_ptr failure;
  try {
    co_await serve(request, socket);
  } catch (...) {
    failure = std::current_exception();
    socket.close(CloseCode::internal_error);
  }
  co_await socket.finish();
  upgrade->on_stop = {};
  if (failure) std::rethrow_exception(failure);
}

Task<void> EchoSocket::serve(const Request&, WebSocket& socket) {
  for (;;) {
    std::optional<WebSocketMessage> message = co_await socket.receive();
    if (!message) co_return;
    auto data = std::make_shared<const std::string>(std::move(message->data));
    if (message->text) {
      socket.send_text(std::move(data));
    } else {
      socket.send_binary(std::move(data));
    }
  }
}

}  // namespace kismet
