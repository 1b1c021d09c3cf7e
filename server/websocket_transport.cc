#include "server/websocket_transport.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <utility>

namespace kismet {

WebSocketBridge::WebSocketBridge(WebSocket& socket, Loop& session_loop, const WebSocketTransportLimits& limits)
    : limits_(limits),
      socket_loop_(socket.loop()),
      session_loop_(session_loop),
      socket_(&socket),
      room_(socket_loop_.get_executor()),
      readable_(session_loop.get_executor()),
      writable_(session_loop.get_executor()) {}

/// As long as the handler is there, however it ends.
class WebSocketBridge::Attached {
 public:
  explicit Attached(WebSocketBridge& bridge) : bridge_(bridge) {
    bridge_.socket_->on_drained([&bridge] { bridge.settle(); });
  }
  ~Attached() {
    bridge_.socket_->on_drained({});
    bridge_.socket_ = nullptr;
    net::dispatch(bridge_.session_loop_.get_executor(), [self = bridge_.shared_from_this()] { self->client_left(); });
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  WebSocketBridge& bridge_;
};

Task<void> WebSocketBridge::serve() {
  const auto self = shared_from_this();
  const Attached attached(*this);
  for (;;) {
    while (unread_ > limits_.incoming && socket_->is_open()) co_await room_.wait();
    std::optional<WebSocketMessage> message = co_await socket_->receive();
    if (!message) break;
    if (message->text) {
      socket_->close(CloseCode::unsupported, "frames are binary messages");
      continue;
    }
    unread_ += message->data.size();
    auto give = [self, data = std::move(message->data)]() mutable { self->came(std::move(data)); };
    net::dispatch(session_loop_.get_executor(), std::move(give));
  }
}

/// What the socket has taken from us has left it: the other end may send more.
void WebSocketBridge::settle() {
  const std::size_t sent = std::exchange(unsettled_, 0);
  if (sent == 0) return;
  net::dispatch(session_loop_.get_executor(), [self = shared_from_this(), sent] { self->was_sent(sent); });
}

void WebSocketBridge::send(std::shared_ptr<const std::string> frame) {
  if (!socket_) return;
  const std::size_t size = frame->size();
  if (!socket_->send_binary(std::move(frame))) {  // A frame that is lost is one too many.
    socket_->close(CloseCode::internal_error);
    return;
  }
  unsettled_ += size;
  if (socket_->counters().queued == 0) settle();
}

void WebSocketBridge::was_read(std::size_t count) {
  unread_ -= count;
  room_.notify();
}

void WebSocketBridge::hang_up() {
  if (!socket_) return;
  socket_->close(CloseCode::normal);
  room_.notify();
}

void WebSocketBridge::came(std::string message) {
  if (closed_ || message.empty()) return;
  messages_.push_back(std::move(message));
  readable_.notify();
}

void WebSocketBridge::was_sent(std::size_t count) {
  outstanding_ -= count;
  writable_.notify();
}

void WebSocketBridge::client_left() {
  left_ = true;
  readable_.notify();
  writable_.notify();
}

boost::system::result<std::size_t> WebSocketBridge::read_some(std::span<char> into) {
  if (closed_) return net::error::make_error_code(net::error::operation_aborted);
  if (messages_.empty())
    return left_ ? net::error::make_error_code(net::error::eof) : net::error::make_error_code(net::error::would_block);
  const std::string& first = messages_.front();
  const std::size_t count = first.copy(into.data(), into.size(), at_);
  at_ += count;
  if (at_ == first.size()) {
    messages_.pop_front();
    at_ = 0;
  }
  net::dispatch(socket_loop_.get_executor(), [self = shared_from_this(), count] { self->was_read(count); });
  return count;
}

boost::system::result<std::size_t> WebSocketBridge::write_frame(std::span<const net::const_buffer> from) {
  if (closed_) return net::error::make_error_code(net::error::operation_aborted);
  if (left_) return net::error::make_error_code(net::error::broken_pipe);
  auto frame = std::make_shared<std::string>();
  for (const net::const_buffer& piece : from) frame->append(static_cast<const char*>(piece.data()), piece.size());
  const std::size_t size = frame->size();
  if (outstanding_ > 0 && outstanding_ + size > limits_.outgoing) {
    return net::error::make_error_code(net::error::would_block);
  }
  outstanding_ += size;
  auto pass_on = [self = shared_from_this(), frame = std::move(frame)] { self->send(frame); };
  net::dispatch(socket_loop_.get_executor(), std::move(pass_on));
  return size;
}

Task<boost::system::error_code> WebSocketBridge::wait_readable() {
  const auto self = shared_from_this();
  while (!closed_ && !left_ && messages_.empty()) co_await readable_.wait();
  co_return closed_ ? net::error::make_error_code(net::error::operation_aborted) : boost::system::error_code{};
}

Task<boost::system::error_code> WebSocketBridge::wait_writable() {
  const auto self = shared_from_this();
  while (!closed_ && !left_ && outstanding_ > 0) co_await writable_.wait();
  co_return closed_ ? net::error::make_error_code(net::error::operation_aborted) : boost::system::error_code{};
}

void WebSocketBridge::close() {
  if (std::exchange(closed_, true)) return;
  messages_.clear();
  readable_.notify();
  writable_.notify();
  net::dispatch(socket_loop_.get_executor(), [self = shared_from_this()] { self->hang_up(); });
}

}  // namespace kismet
