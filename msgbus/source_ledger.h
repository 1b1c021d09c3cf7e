#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "msgbus/message_bus.h"

namespace kismet {

/// What one source said last, how often in a row, and how much it may still say.
struct MessageSource {
  /// Whether `text` is said again within the time to fold; counts it if so.
  bool repeats(Severity severity, std::string_view text, SteadyTime now, const MessageBusSettings& settings);
  /// Begins a new run of what is said.
  void begin(Severity severity, std::string_view text, SteadyTime now);
  /// Takes one message from the budget, or counts it as lost.
  bool spend(SteadyTime now, const MessageBusSettings& settings);

  bool has_untold_repeats() const { return said > told; }
  bool repeats_due(SteadyTime now) const { return has_untold_repeats() && now - last_told >= interval; }
  void repeats_told(SteadyTime now, std::uint64_t seq);

  Severity severity = Severity::info;
  std::string text;
  std::uint32_t said = 0;        // Times in a row; 0: nothing to repeat.
  std::uint32_t told = 0;        // Of them, known to readers.
  std::uint64_t repeat_seq = 0;  // The message that told the last repetitions; 0: none yet.
  SteadyTime last_said{};
  SteadyTime last_told{};
  std::chrono::seconds interval{1};  // Until repetitions are told again; doubles each time.

  double tokens = 0;
  SteadyTime refilled{};
  std::uint64_t lost = 0;  // Messages over the budget, not yet told of.
};

/// The sources of a message bus, at most so many: the one that has been silent longest is forgotten first.
/// Thread rule: guarded by the message bus that owns it.
class SourceLedger {
 public:
  explicit SourceLedger(const MessageBusSettings& settings) : settings_(settings) {}

  /// The source of that name. If another has to be forgotten, `forgetting` is called with it before.
  MessageSource& of(std::string_view name, SteadyTime now,
                    const std::function<void(const std::string& name, MessageSource&)>& forgetting);

  std::map<std::string, MessageSource, std::less<>>& all() { return sources_; }

 private:
  const MessageBusSettings settings_;
  std::map<std::string, MessageSource, std::less<>> sources_;
};

}  // namespace kismet
