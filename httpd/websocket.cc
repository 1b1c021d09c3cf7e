#include "httpd/websocket.h"

#include <array>
#include <boost/asio/error.hpp>
#include <utility>

namespace kismet {

namespace {

constexpr std::size_t kReadATurn = 64 * 1024;  // Bytes; a client that sends without pause must not keep the loop.

}  // namespace

WebSocket::WebSocket(Upgrade& upgrade, SlowClient slow)
    : link_(upgrade.link),
      input_(upgrade.input),
      receive_space_(upgrade.receive_space),
      settings_(upgrade.settings),
      slow_(slow),
      reader_(upgrade.settings.websocket_message_limit),
      silence_(upgrade.link.loop().deadlines(),
               [this] {
                 silent_ = true;
                 link_.wakeup().notify();
               }),
      stalled_(upgrade.link.loop().deadlines(), [this] { lose(); }) {
  if (!upgrade.unsent.empty()) enqueue({.head = std::move(upgrade.unsent), .data = nullptr});
  silence_.set(settings_.websocket_ping);
}

void WebSocket::lose() {
  lost_ = true;
  link_.cut();
}

Task<std::optional<WebSocketMessage>> WebSocket::receive() {
  for (;;) {
    flush();
    const Input input = close_sent_ ? Input::over : take_input();
    if (input == Input::over) co_return std::nullopt;
    if (input == Input::message) {
      ++counters_.received;
      co_return WebSocketMessage{.text = reader_.is_text(), .data = reader_.take_message()};
    }
    co_await link_.wakeup().wait();
    if (silent_) keep_alive();
  }
}

WebSocket::Input WebSocket::take_input() {
  while (!over()) {
    std::string_view bytes = input_.unread();
    const std::size_t before = bytes.size();
    const WebSocketFrameReader::Event event = reader_.next(bytes);
    input_.consume(before - bytes.size());
    switch (event) {
      case WebSocketFrameReader::Event::message:
        return Input::message;
      case WebSocketFrameReader::Event::ping:
        send_control(Opcode::pong, reader_.control_payload());
        break;
      case WebSocketFrameReader::Event::pong:
        break;
      case WebSocketFrameReader::Event::close:
        answer_close();
        return Input::over;
      case WebSocketFrameReader::Event::broken:
        close(reader_.close_code());
        client_closed_ = true;  // It is not waited for.
        return Input::over;
      case WebSocketFrameReader::Event::more:
        if (!receive_bytes()) return over() ? Input::over : Input::wait;
        break;
    }
  }
  return Input::over;
}

/// False: there is nothing now, or (then it is over) never again.
bool WebSocket::receive_bytes() {
  input_.keep();
  if (!link_.stream().may_read()) return false;
  if (read_in_turn_ >= kReadATurn) {
    read_in_turn_ = 0;
    link_.wakeup().notify();
    return false;
  }
  const ByteStream::Result result = input_.fill(link_.stream(), receive_space_);
  if (!result) {
    if (result.error() != net::error::would_block) lost_ = true;
    return false;
  }
  read_in_turn_ += *result;
  pinged_ = silent_ = false;
  silence_.set(settings_.websocket_ping);
  return true;
}

void WebSocket::answer_close() {
  client_closed_ = true;
  client_code_ = reader_.close_code();
  if (close_sent_) return;
  send_control(Opcode::close, close_frame_payload(client_code_, {}));
  close_sent_ = true;
}

/// Nothing has come for a while.
void WebSocket::keep_alive() {
  silent_ = false;
  if (pinged_) {
    lose();
    return;
  }
  pinged_ = true;
  send_control(Opcode::ping, {});
  silence_.set(settings_.websocket_ping);
}

bool WebSocket::has_room(std::size_t size) const {
  const std::size_t held = counters_.queued + queue_.size() * sizeof(Outgoing);
  return held + size <= settings_.websocket_queue_limit;
}

bool WebSocket::send(Opcode opcode, std::shared_ptr<const std::string> data) {
  if (!is_open()) return false;
  if (!has_room(data->size())) {
    ++counters_.dropped;
    if (slow_ == SlowClient::disconnect) lose();
    return false;
  }
  std::string head = frame_head(opcode, data->size());
  ++counters_.sent;
  enqueue({.head = std::move(head), .data = std::move(data)});
  return true;
}

void WebSocket::send_control(Opcode opcode, std::string_view payload) {
  if (close_sent_ || over()) return;
  std::string bytes = frame_head(opcode, payload.size());
  bytes.append(payload);
  // A client that pings and does not read its pongs does without; the close frame always has room.
  if (opcode != Opcode::close && !has_room(bytes.size())) return;
  enqueue({.head = std::move(bytes), .data = nullptr});
}

void WebSocket::close(CloseCode code, std::string_view reason) {
  if (!is_open()) return;
  send_control(Opcode::close, close_frame_payload(code, reason));
  close_sent_ = true;
  link_.wakeup().notify();
}

void WebSocket::enqueue(Outgoing frame) {
  if (queue_.empty()) {
    frame.sent = write(frame);
    if (frame.sent == frame.size() || lost_) return;
    stalled_.set(settings_.write_timeout);
  }
  counters_.queued += frame.size() - frame.sent;
  waited_ = true;
  queue_.push_back(std::move(frame));
}

void WebSocket::flush() {
  while (!queue_.empty() && !over() && link_.stream().may_write()) {
    Outgoing& frame = queue_.front();
    const std::size_t count = write(frame);
    frame.sent += count;
    counters_.queued -= count;
    if (count > 0) stalled_.set(settings_.write_timeout);
    if (frame.sent < frame.size()) return;
    queue_.pop_front();
  }
  if (!queue_.empty()) return;
  stalled_.clear();
  if (std::exchange(waited_, false) && drained_) drained_();
}

/// How much of the rest of `frame` the client's socket has taken.
std::size_t WebSocket::write(const Outgoing& frame) {
  std::array<net::const_buffer, 2> pieces;
  std::size_t count = 0;
  if (frame.sent < frame.head.size()) {
    pieces[count++] = net::const_buffer(frame.head.data() + frame.sent, frame.head.size() - frame.sent);
  }
  if (frame.data && !frame.data->empty()) {
    const std::size_t from = frame.sent > frame.head.size() ? frame.sent - frame.head.size() : 0;
    pieces[count++] = net::const_buffer(frame.data->data() + from, frame.data->size() - from);
  }
  const ByteStream::Result result = link_.stream().write_some(std::span<const net::const_buffer>(pieces).first(count));
  if (result) return *result;
  if (result.error() != net::error::would_block) lost_ = true;
  return 0;
}

Task<void> WebSocket::finish() {
  silence_.clear();
  close(CloseCode::normal);
  link_.limit(settings_.websocket_close);
  flush();
  while (!over() && !(client_closed_ && queue_.empty())) {
    // Messages that were on their way are of no use to anybody any more.
    while (!client_closed_ && take_input() == Input::message) reader_.take_message();
    if (over() || (client_closed_ && queue_.empty())) break;
    co_await link_.wakeup().wait();
    flush();
  }
  stalled_.clear();
}

}  // namespace kismet
