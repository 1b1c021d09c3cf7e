#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventbus/event_bus.h"

namespace kismet {

/// What became of an event from outside: published, or refused with a reason for people.
struct Published {
  EventPtr event;
  std::string refusal;
};

/// Publishes what a helper or a client says, if it may: `topic` is 1 to 256 bytes of text and no core event's,
/// `content_json` is JSON of any kind.
Published publish_from_outside(EventBus& events, std::string_view topic, std::string_view content_json);

/// What clients name an event by, across restarts of the daemon: "EPOCH-SEQ".
std::string event_id(std::uint64_t epoch, std::uint64_t seq);

/// The sequence number after which a client goes on that has seen the event `id`: with an id of another start of the
/// daemon, after 0, so that it gets all that is held. Nothing if it is no id.
std::optional<std::uint64_t> seq_of_event_id(std::string_view id, std::uint64_t epoch);

}  // namespace kismet
