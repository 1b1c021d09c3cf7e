#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "eventbus/event_bus.h"
#include "server/feed_registry.h"
#include "server/feed_request.h"

namespace kismet {

/// Limits of one feed. Each is a setting.
struct FeedSettings {
  std::size_t max_queued = 1000;                    // Events that may wait for a client; then the oldest are lost.
  std::size_t max_queued_bytes = 4 * 1024 * 1024;   // Bytes of them.
  std::size_t max_replay_bytes = 16 * 1024 * 1024;  // Bytes of past events that may wait for a client that asked.
  std::size_t websocket_ahead = 64 * 1024;  // Bytes that are given to a client's socket before it has taken them.
  std::chrono::milliseconds sse_keep_alive{15'000};  // Silence after which an event stream says that it is there.
  std::size_t sse_batch = 64 * 1024;                 // Bytes of events that are written at a time.
};

/// What one client hears of the event bus: its topics, each in its own form, and the bounded queue of what it has not
/// been sent yet. A client that reads slowly loses the oldest events of its own, and no one else's.
/// Thread rule: all members on `loop`. Owned by the task that serves the client.
class EventFeed {
 public:
  /// `ring` is called when there is something to send.
  EventFeed(Loop& loop, EventBus& events, const FeedSettings& settings, std::shared_ptr<FeedStats> stats,
            std::function<void()> ring);
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  /// Hears the wish's topics from now on; replaces a former wish for the same topics. Returns an empty string, or why
  /// not.
  std::string subscribe(FeedWish wish);
  /// Nothing of that topic is sent any more, also of what waits.
  void unsubscribe(std::string_view topic);

  struct Item {
    EventPtr event;
    std::shared_ptr<const std::string> text;  // In the form that was asked for; the event's own where that is plain.
  };
  /// The next event to send, past ones first; nothing if none waits.
  std::optional<Item> next();

 private:
  struct Topic {
    FeedWish wish;
    std::uint64_t live_after = 0;  // Older events are the past's.
    double tokens = 0;             // Of max_rate.
    SteadyTime refilled{};
    bool gone = false;
  };
  struct Waiting {
    EventPtr event;
    std::shared_ptr<const Topic> topic;
  };

  void on_event(const EventPtr& event);
  bool spend(Topic& topic) const;
  void wait(const EventPtr& event, const std::shared_ptr<Topic>& topic);
  std::optional<Waiting> take();
  std::shared_ptr<const std::string> text_of(const Waiting& waiting) const;
  void hear();
  void count();

  Loop& loop_;
  EventBus& events_;
  const FeedSettings settings_;
  const std::shared_ptr<FeedStats> stats_;
  const std::function<void()> ring_;
  std::vector<std::shared_ptr<Topic>> topics_;
  std::deque<Waiting> past_;
  std::size_t past_bytes_ = 0;
  std::deque<Waiting> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  Subscription subscription_;  // Last: its handler uses what is above.
};

}  // namespace kismet
