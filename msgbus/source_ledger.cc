#include "msgbus/source_ledger.h"

#include <algorithm>
#include <chrono>

namespace kismet {

bool MessageSource::repeats(Severity s, std::string_view t, SteadyTime now, const MessageBusSettings& settings) {
  if (said == 0 || s != severity || t != text || now - last_said > settings.fold_time) return false;
  ++said;
  last_said = now;
  return true;
}

void MessageSource::begin(Severity s, std::string_view t, SteadyTime now) {
  severity = s;
  text = t;
  said = told = 1;
  repeat_seq = 0;
  last_said = last_told = now;
  interval = std::chrono::seconds(1);
}

bool MessageSource::spend(SteadyTime now, const MessageBusSettings& settings) {
  const std::chrono::duration<double> passed = now - refilled;
  tokens = std::min(settings.budget_burst, tokens + passed.count() * settings.budget_rate);
  refilled = now;
  if (tokens < 1) {
    ++lost;
    said = told = 0;
    return false;
  }
  tokens -= 1;
  return true;
}

void MessageSource::repeats_told(SteadyTime now, std::uint64_t seq) {
  told = said;
  repeat_seq = seq;
  last_told = now;
  interval = std::min(interval * 2, std::chrono::seconds(60));
}

MessageSource& SourceLedger::of(std::string_view name, SteadyTime now,
                                const std::function<void(const std::string&, MessageSource&)>& forgetting) {
  if (const auto found = sources_.find(name); found != sources_.end()) return found->second;
  if (sources_.size() >= settings_.max_sources && !sources_.empty()) {
    const auto oldest = std::min_element(sources_.begin(), sources_.end(), [](const auto& a, const auto& b) {
      return a.second.last_said < b.second.last_said;
    });
    forgetting(oldest->first, oldest->second);
    sources_.erase(oldest);
  }
  MessageSource& source = sources_[std::string(name)];
  source.tokens = settings_.budget_burst;
  source.refilled = now;
  return source;
}

}  // namespace kismet
