#include "server/event_feed_ws.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/deadlines.h"

namespace kismet {

namespace {

/// One client: what it asks for goes to its feed, what the feed holds goes to its socket, as fast as it reads. What it
/// has not read yet waits in the feed, where the oldest makes room, and hardly in the socket.
class Client {
 public:
  Client(WebSocket& socket, EventBus& events, const FeedSettings& settings, std::shared_ptr<FeedStats> stats)
      : socket_(socket),
        epoch_(events.epoch()),
        ahead_(settings.websocket_ahead),
        feed_(socket.loop(), events, settings, std::move(stats), [this] { send_events(); }) {
    socket.on_drained([this] { send_events(); });
  }
  ~Client() { socket_.on_drained({}); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void take(const std::string& text) {
    FeedRequest request = parse_feed_request(text, epoch_);
    if (!request.fault.empty()) {
      complain(request.fault);
      return;
    }
    if (request.unsubscribe) feed_.unsubscribe(*request.unsubscribe);
    if (!request.subscribe) return;
    if (const std::string fault = feed_.subscribe(std::move(*request.subscribe)); !fault.empty()) complain(fault);
  }

 private:
  static constexpr int kEventsPerTurn = 64;

  void send_events() {
    for (int sent = 0; socket_.is_open() && socket_.counters().queued < ahead_; ++sent) {
      if (sent == kEventsPerTurn) {
        next_turn_.set(std::chrono::nanoseconds(0));
        return;
      }
      const std::optional<EventFeed::Item> item = feed_.next();
      if (!item) return;
      socket_.send_text(item->text);
    }
  }

  void complain(const std::string& fault) {
    socket_.send_text(std::make_shared<const std::string>(json_line({{"kismet.eventbus.error", fault}})));
  }

  WebSocket& socket_;
  const std::uint64_t epoch_;
  const std::size_t ahead_;
  Deadline next_turn_{socket_.loop().deadlines(), [this] { send_events(); }};
  EventFeed feed_;
};

}  // namespace

Task<void> EventFeedWs::serve(const Request& request, WebSocket& socket) {
  Client client(socket, events_, settings_, registry_.add("websocket", request));
  for (;;) {
    const std::optional<WebSocketMessage> message = co_await socket.receive();
    if (!message) break;
    if (message->text) {
      client.take(message->data);
    } else {
      socket.close(CloseCode::unsupported, "requests are text");
    }
  }
}

}  // namespace kismet
