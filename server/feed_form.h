#pragma once

#include <cstdint>
#include <string>

#include "eventbus/event.h"
#include "server/json_fields.h"
#include "server/serializers.h"

namespace kismet {

/// How a listener wants its events (docs/EVENTS.md, "Feeds").
struct FeedForm {
  JsonFields fields;  // Of the object that the event's topic names.
  Serializer serializer = Serializer::json;
  bool envelope = false;  // {"topic", "id", "seq", "time", "event"} around the content.
  bool parsed = false;    // What a helper published as JSON under its topic, not as a string.

  /// The content as it is: nothing has to be parsed for it.
  bool plain() const { return fields.wants_all() && serializer == Serializer::json && !envelope && !parsed; }
};

/// `event` in that form, without a line break at its end. `dropped`: how many events this listener has lost so far; the
/// envelope tells it.
std::string feed_text(const Event& event, const FeedForm& form, std::uint64_t epoch, std::uint64_t dropped);

}  // namespace kismet
