#pragma once

#include <array>
#include <deque>
#include <memory>
#include <mutex>

#include "eventbus/event_bus.h"

namespace kismet {

/// A subscription's queue and what empties it: one posted drain at a time, which delivers a batch and then goes behind
/// the others in its executor's queue, so that a flood does not starve a loop.
/// Thread rule: push() is safe everywhere (the bus pushes under its own lock, so in publish order); the rest runs on
/// `executor`. Shared by the Subscription, its posted drain, and (by address) the bus's table.
struct Subscription::State : std::enable_shared_from_this<Subscription::State> {
  State(const SubscriptionOptions& options, Executor executor, EventBus::Handler handler);

  void push(const EventPtr& event);
  std::size_t queued() const;

  /// No call comes after this one.
  void close();
  void drain();

  SubscriptionOptions options;  // Its topics are guarded by the bus, the rest does not change.
  std::weak_ptr<EventBus::Impl> bus;
  std::uint64_t last_seq = 0;  // The last event pushed: guarded by the bus.
  std::uint64_t delivered = 0;

  std::uint64_t dropped() const;

 private:
  static constexpr std::size_t kBatch = 32;

  bool make_room(std::size_t size);
  void post_drain();
  bool refill();
  void rest();

  const Executor executor_;
  EventBus::Handler handler_;
  bool calling_ = false;
  bool closed_ = false;
  std::array<EventPtr, kBatch> batch_;  // Being delivered.
  std::size_t batch_next_ = 0;
  std::size_t batch_end_ = 0;

  mutable std::mutex mutex_;  // Guards what follows.
  std::deque<EventPtr> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool scheduled_ = false;
  bool deaf_ = false;  // closed_, as publishers see it.
};

}  // namespace kismet
