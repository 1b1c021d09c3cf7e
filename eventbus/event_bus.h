#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "eventbus/event.h"

namespace kismet {

/// What a subscription does when its queue is full: lose the oldest or the newest event, each counted.
enum class DropPolicy { oldest, newest };

struct SubscriptionOptions {
  /// Topics, literally; "*" is every topic; a trailing * ("HELPER_*") is a prefix.
  std::vector<std::string> topics;
  /// Events that may wait for the subscriber before `policy` runs.
  std::size_t max_queued = 1000;
  DropPolicy policy = DropPolicy::oldest;
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

  explicit EventBus(const Clock& clock);
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  /// Publishes a core event: `object_json` is the JSON text of one object, sent as {topic: object}.
  EventPtr publish(std::string_view topic, std::string_view object_json);
  /// Publishes what a helper or a client said: `text` goes out as the string under kismet.eventbus.event_json. The
  /// caller has checked that it is JSON and that the topic is not a core event's.
  EventPtr publish_text(std::string_view topic, std::string_view text);

  [[nodiscard]] Subscription subscribe(const SubscriptionOptions& options, Executor executor, Handler handler);

  /// Whether anybody would hear `topic`: spares making an event for nobody.
  bool has_subscribers(std::string_view topic) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kismet
