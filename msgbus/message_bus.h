#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "msgbus/message.h"

namespace kismet {

class EventBus;

/// What the daemon and its helpers tell people: kept (the last N), written to every sink, and published as MESSAGE (and
/// ALERT) events.
/// Thread rule: all members are safe everywhere. Sinks are called on the posting thread, one call at a time, and must
/// not block or post. Owned by the composition root.
class MessageBus {
 public:
  using Sink = std::function<void(const Message&)>;

  /// `keep`: how many messages recent() holds at the most.
  MessageBus(const Clock& clock, EventBus& events, std::size_t keep = 50);
  ~MessageBus();
  MessageBus(const MessageBus&) = delete;
  MessageBus& operator=(const MessageBus&) = delete;

  /// Says `text`, whatever bytes it holds: it is made valid UTF-8 of one line, and cut at 8 KiB.
  void post(Severity severity, std::string_view source, std::string_view text);
  void debug(std::string_view text) { post(Severity::debug, "kismet", text); }
  void info(std::string_view text) { post(Severity::info, "kismet", text); }
  void error(std::string_view text) { post(Severity::error, "kismet", text); }

  /// Call before the first post: sinks are not guarded.
  void add_sink(Sink sink);
  /// The last messages, oldest first.
  std::vector<Message> recent() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kismet
