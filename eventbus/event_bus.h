#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "eventbus/event.h"

namespace kismet {

/// What a subscription does when its queue is full: lose the oldest or the newest event, each counted.
enum class DropPolicy { oldest, newest };

/// How much of the past a bus keeps for those who ask for it. The oldest events go first.
struct ReplaySettings {
  std::size_t max_events = 4096;
  std::size_t max_bytes = 8 * 1024 * 1024;  // Of the events' texts.
};

struct SubscriptionOptions {
  /// Topics, literally; "*" is every topic; a trailing * ("HELPER_*") is a prefix. An event that several match comes
  /// once.
  std::vector<std::string> topics{};
  /// Events, and bytes of them, that may wait for the subscriber before `policy` runs.
  std::size_t max_queued = 1000;
  std::size_t max_queued_bytes = 8 * 1024 * 1024;
  DropPolicy policy = DropPolicy::oldest;
  /// Begin with what the replay window holds: all events after this seq, or else the last so many, of these topics.
  /// Nothing is missed or doubled between them and the first new event.
  std::optional<std::uint64_t> replay_after{};
  std::size_t replay_last = 0;
};

struct SubscriptionCounters {
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::size_t queued = 0;  // The lag, in events.
};

/// Hearing a bus, as a value: destroying it means that no call comes any more, even from inside its own handler, and
/// even if the bus is gone already.
/// Thread rule: made, used and destroyed on the executor that it was subscribed with.
class Subscription {
 public:
  Subscription();
  ~Subscription();
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;

  SubscriptionCounters counters() const;
  explicit operator bool() const { return state_ != nullptr; }

 private:
  friend class EventBus;
  friend class TopicTable;
  struct State;
  explicit Subscription(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Publish and subscribe inside the daemon. Publishing serialises the event once, hands every subscriber a reference,
/// and never waits for one: each is called on its own executor, in publish order, from its own bounded queue.
/// Thread rule: all members are safe everywhere. Owned by the composition root.
class EventBus {
 public:
  using Handler = std::function<void(const EventPtr&)>;

  explicit EventBus(const Clock& clock, const ReplaySettings& replay = {});
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  /// Publishes a core event: `object_json` is the JSON text of one object, on one line, sent as {topic: object}.
  EventPtr publish(std::string_view topic, std::string_view object_json);
  /// Publishes what a helper or a client said: `text` goes out as the string under kismet.eventbus.event_json. The
  /// caller has checked that it is JSON and that the topic is not a core event's.
  EventPtr publish_text(std::string_view topic, std::string_view text);

  [[nodiscard]] Subscription subscribe(const SubscriptionOptions& options, Executor executor, Handler handler);

  /// Changes what `subscription` hears. What waits in its queue stays there.
  void set_topics(Subscription& subscription, std::vector<std::string> topics);

  /// What the replay window holds of what `options` asks for, and the last event that was published before this look: a
  /// subscription that is made or changed before it, and skips what is no newer, neither misses nor doubles an event.
  struct Past {
    std::vector<EventPtr> events;
    std::uint64_t last_seq = 0;
  };
  Past past(const SubscriptionOptions& options) const;

  /// Whether anybody would hear `topic`: spares making an event for nobody.
  bool has_subscribers(std::string_view topic) const;
  /// `callback` is called on the subscribing thread after each subscribe() and set_topics(), and does not block. Null:
  /// nobody wants to know.
  void on_subscribe(std::function<void()> callback);

  /// Tells this bus from another: sequence numbers begin anew with each start of the daemon.
  std::uint64_t epoch() const;

  /// The event that the calling thread is being called with, or null. What a subscriber does meanwhile is caused by it.
  static const Event* delivering();

 private:
  friend class Subscription;
  struct Impl;
  EventPtr publish(std::shared_ptr<Event> event);

  std::shared_ptr<Impl> impl_;
};

}  // namespace kismet
