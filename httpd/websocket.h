#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/async.h"
#include "base/deadlines.h"
#include "base/loop.h"
#include "httpd/upgrade.h"
#include "httpd/websocket_frames.h"

namespace kismet {

struct WebSocketMessage {
  bool text = true;  // Then `data` is valid UTF-8.
  std::string data;
};

/// What happens to a message for which a client that reads too slowly has no room.
enum class SlowClient : std::uint8_t { drop, disconnect };

struct WebSocketCounters {
  std::uint64_t received = 0, sent = 0, dropped = 0;  // Messages; sent ones are those taken from the handler.
  std::size_t queued = 0;                             // Bytes that wait for the client.
};

/// One client's websocket (RFC 6455): messages in by receive(), messages out at once or by a bounded queue; its sender
/// never waits. Pings and the close handshake are done while receive() waits. There is no compression.
/// Thread rule: all members on the connection's loop. Owned by the WebSocketHandler's task, which awaits finish() at
/// its end.
class WebSocket {
 public:
  WebSocket(Upgrade& upgrade, SlowClient slow);
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// The next whole message; nothing once either side has closed, or the connection is lost. One call at a time.
  Task<std::optional<WebSocketMessage>> receive();
  /// Sends a message as one frame. False if it was dropped: no room, or the socket is closing. Text is valid UTF-8.
  bool send_text(std::shared_ptr<const std::string> text) { return send(Opcode::text, std::move(text)); }
  bool send_binary(std::shared_ptr<const std::string> bytes) { return send(Opcode::binary, std::move(bytes)); }
  /// Closes after what is queued; receive() then returns nothing. `reason`: at most 123 bytes of UTF-8, the rest is
  /// cut.
  void close(CloseCode code, std::string_view reason = {});

  /// `drained` is called, while receive() waits, each time when messages had to wait and none does any more: for a
  /// handler that keeps a queue of its own.
  void on_drained(std::function<void()> drained) { drained_ = std::move(drained); }

  /// Whether messages may still be sent.
  bool is_open() const { return !close_sent_ && !over(); }
  /// With which code the client closed, if it did.
  CloseCode client_close_code() const { return client_code_; }
  WebSocketCounters counters() const { return counters_; }
  Loop& loop() { return link_.loop(); }

  /// Returns once the close handshake is over, or has taken too long.
  Task<void> finish();

 private:
  /// A frame, or what is left of one.
  struct Outgoing {
    std::string head;
    std::shared_ptr<const std::string> data;  // Null: the head is all.
    std::size_t sent = 0;
    std::size_t size() const { return head.size() + (data ? data->size() : 0); }
  };
  enum class Input : std::uint8_t { wait, message, over };

  bool send(Opcode opcode, std::shared_ptr<const std::string> data);
  void send_control(Opcode opcode, std::string_view payload);
  bool has_room(std::size_t size) const;
  void enqueue(Outgoing frame);
  void flush();
  std::size_t write(const Outgoing& frame);
  Input take_input();
  bool receive_bytes();
  void answer_close();
  bool over() const { return lost_ || link_.dead(); }
  void keep_alive();
  void lose();

  ClientLink& link_;
  InputBuffer& input_;
  std::span<char> receive_space_;
  const HttpdSettings& settings_;
  SlowClient slow_;
  WebSocketFrameReader reader_;
  std::list<Outgoing> queue_;
  std::function<void()> drained_;
  bool waited_ = false;  // Something had to wait since drained_ was called.
  WebSocketCounters counters_;
  bool close_sent_ = false;  // Or queued.
  bool client_closed_ = false;
  bool lost_ = false;    // Nothing can be sent or received any more.
  bool pinged_ = false;  // And nothing came since.
  CloseCode client_code_ = CloseCode::none;
  std::size_t read_in_turn_ = 0;
  bool silent_ = false;
  Deadline silence_;  // Nothing has come for a while.
  Deadline stalled_;  // The client takes nothing of what waits for it.
};

}  // namespace kismet
