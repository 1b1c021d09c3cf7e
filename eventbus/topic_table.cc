#include "eventbus/topic_table.h"

#include <algorithm>

#include "eventbus/subscription_state.h"

namespace kismet {

bool topic_matches(std::string_view pattern, std::string_view topic) {
  if (!pattern.ends_with('*')) return pattern == topic;
  return topic.starts_with(pattern.substr(0, pattern.size() - 1));
}

TopicTable::Listeners& TopicTable::of(std::string_view& pattern) {
  if (!pattern.ends_with('*')) return exact_;
  pattern.remove_suffix(1);
  return prefixes_;
}

void TopicTable::add(Listener& listener) {
  for (std::string_view pattern : listener.options.topics) {
    Listeners& table = of(pattern);
    table[std::string(pattern)].push_back(&listener);
  }
}

void TopicTable::remove(Listener& listener) {
  for (std::string_view pattern : listener.options.topics) {
    Listeners& table = of(pattern);
    const auto found = table.find(pattern);
    if (found == table.end()) continue;
    std::erase(found->second, &listener);
    if (found->second.empty()) table.erase(found);
  }
}

bool TopicTable::hears(std::string_view topic) const {
  return exact_.contains(topic) || std::any_of(prefixes_.begin(), prefixes_.end(),
                                               [&](const auto& entry) { return topic.starts_with(entry.first); });
}

}  // namespace kismet
