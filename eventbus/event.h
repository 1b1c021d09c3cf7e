#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"

namespace kismet {

/// One thing that happened, serialised once and shared by all who hear of it.
struct Event {
  /// The event's type: TIMESTAMP, MESSAGE, HELPER_STARTED, or a helper's own.
  std::string topic;
  /// Counts all events of this bus from 1, without gaps.
  std::uint64_t seq = 0;
  WallTime time;
  /// Published as a text by a helper or a client, not by the daemon itself.
  bool from_text = false;
  /// What feeds send: {"TIMESTAMP": {...}}, or {"kismet.eventbus.event_json": "<text>"} for what a helper published.
  std::string content_json;
  /// What helpers are sent: {"kismet.eventbus.type": topic, "kismet.eventbus.content": content} (WIRE.md A3).
  std::string json;

  /// Bytes of memory that the event holds, for the bounds of queues.
  std::size_t size() const { return sizeof(Event) + topic.size() + content_json.size() + json.size(); }
};

using EventPtr = std::shared_ptr<const Event>;

}  // namespace kismet
