#pragma once

#include <chrono>
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

/// Limits of the message bus.
struct MessageBusSettings {
  std::size_t keep = 50;               // Messages that recent() holds; the source that holds most makes room.
  std::size_t max_text = 8 * 1024;     // Bytes of a message's text; the rest is cut off, on a character's boundary.
  std::chrono::seconds fold_time{60};  // The same text of one source, said again within this time, is a repetition.
  double budget_rate = 50;        // Messages a second of one source that is not the daemon itself, in the long run,
  double budget_burst = 200;      // and at once. What is over it is counted and summed up in one message.
  std::size_t max_sources = 256;  // Sources whose repetitions and budgets are remembered.
};

/// What the daemon and its helpers tell people: kept (the last N), written to every sink, and published as MESSAGE (and
/// ALERT) events. A text that a source says again and again is told at once the first time, and then as "... (repeated
/// N times)", at growing intervals. A message that is posted while a MESSAGE or ALERT event is delivered is kept and
/// written, but not published: it would feed itself.
/// Thread rule: all members are safe everywhere. Sinks are called on the posting thread, one call at a time, and must
/// not block or post. Owned by the composition root.
class MessageBus {
 public:
  using Sink = std::function<void(const Message&)>;

  MessageBus(const Clock& clock, EventBus& events, const MessageBusSettings& settings = {});
  ~MessageBus();
  MessageBus(const MessageBus&) = delete;
  MessageBus& operator=(const MessageBus&) = delete;

  /// Says `text`, whatever bytes it holds: it is made valid UTF-8 of one line, and cut at 8 KiB.
  void post(Severity severity, std::string_view source, std::string_view text);
  void debug(std::string_view text) { post(Severity::debug, "kismet", text); }
  void info(std::string_view text) { post(Severity::info, "kismet", text); }
  void error(std::string_view text) { post(Severity::error, "kismet", text); }

  /// Tells the repetitions and losses whose time has come. Call it once a second as long as it returns true: there are
  /// more to come.
  bool tick();
  /// `callback` is called on the posting thread when there is something for tick(), and neither blocks nor posts. Null:
  /// nobody wants to know.
  void on_untold(std::function<void()> callback);
  /// Tells all of them. Call it before the end.
  void flush();

  /// Call before the first post: sinks are not guarded.
  void add_sink(Sink sink);
  /// The last messages, oldest first.
  std::vector<Message> recent() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kismet
