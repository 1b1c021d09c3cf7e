#pragma once

#include <string>
#include <variant>

#include "base/clock.h"
#include "eventbus/event.h"
#include "msgbus/message.h"

namespace kismet {

struct LoggedAlert {
  EventPtr event;
};
struct LoggedEvent {
  EventPtr event;
};
struct LoggedSnapshot {
  WallTime time;
  std::string json;
};

/// What becomes one row of the log.
using LogEntry = std::variant<Message, LoggedAlert, LoggedEvent, LoggedSnapshot>;

/// Bytes of memory that it holds.
std::size_t size_of(const LogEntry& entry);

}  // namespace kismet
