#pragma once

#include <deque>
#include <vector>

#include "eventbus/event_bus.h"

namespace kismet {

/// The last events of a bus, bounded by count and bytes.
/// Thread rule: guarded by the bus that owns it.
class ReplayWindow {
 public:
  explicit ReplayWindow(const ReplaySettings& settings) : settings_(settings) {}

  void add(const EventPtr& event);
  /// What `options` asks to begin with, in order: of its topics, after its seq or the last so many.
  std::vector<EventPtr> select(const SubscriptionOptions& options) const;

 private:
  void drop_front();

  const ReplaySettings settings_;
  std::deque<EventPtr> events_;
  std::size_t bytes_ = 0;
};

}  // namespace kismet
