#include "msgbus/recent_messages.h"

#include <algorithm>

namespace kismet {

void RecentMessages::add(const Message& message) {
  messages_.push_back(message);
  ++held_[message.source];
  while (messages_.size() > keep_) {
    std::size_t most = 0;
    for (const auto& [source, count] : held_) most = std::max(most, count);
    erase(std::find_if(messages_.begin(), messages_.end(), [&](const Message& m) { return held_[m.source] == most; }));
  }
}

void RecentMessages::remove(std::uint64_t seq) {
  const auto found = std::find_if(messages_.begin(), messages_.end(), [&](const Message& m) { return m.seq == seq; });
  if (found != messages_.end()) erase(found);
}

void RecentMessages::erase(Place place) {
  const auto held = held_.find(place->source);
  if (--held->second == 0) held_.erase(held);
  messages_.erase(place);
}

}  // namespace kismet
