#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "msgbus/message_bus.h"

namespace kismet {

/// How messages appear on the console.
struct ConsoleSettings {
  int fd = 1;                     // Where lines go.
  bool show_debug = false;        // Messages of severity DEBUG too.
  std::optional<bool> colour{};   // Unset: on a terminal, unless NO_COLOR is in the environment.
  std::size_t max_queued = 1024;  // Lines that may wait for a slow reader; then the oldest are lost, and counted.
  std::chrono::milliseconds grace{500};  // How long the end waits for a reader that has stopped reading.
};

/// Writes messages as lines for people: time, severity, source, text. A thread of its own does it, and a reader that
/// stops reading (a full pipe, a stopped terminal) holds up neither the one who posts nor, for long, the daemon's end.
/// Thread rule: write() is safe everywhere and does not block; the rest on the thread that made it.
/// Owned by the composition root; outlives the message bus that it is a sink of.
class ConsoleSink {
 public:
  explicit ConsoleSink(const ConsoleSettings& settings);
  ~ConsoleSink();
  ConsoleSink(const ConsoleSink&) = delete;
  ConsoleSink& operator=(const ConsoleSink&) = delete;

  void write(const Message& message);
  /// For MessageBus::add_sink.
  MessageBus::Sink sink() {
    return [this](const Message& message) { write(message); };
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kismet
