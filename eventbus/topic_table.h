#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventbus/event_bus.h"

namespace kismet {

/// Whether `pattern`, as SubscriptionOptions::topics has it, matches `topic`.
bool topic_matches(std::string_view pattern, std::string_view topic);

/// Who hears which topic: exact topics through a hash, prefixes one by one ("*" is the empty prefix).
/// Thread rule: guarded by the bus. Owned by the bus; the subscriptions in it outlive their place here.
class TopicTable {
 public:
  using Listener = Subscription::State;

  void add(Listener& listener);
  void remove(Listener& listener);
  bool hears(std::string_view topic) const;

  /// Calls `visit(Listener&)` for each match; one that matches twice is visited twice.
  template <typename Visit>
  void for_each(std::string_view topic, Visit visit) const {
    if (const auto found = exact_.find(topic); found != exact_.end()) {
      for (Listener* listener : found->second) visit(*listener);
    }
    for (const auto& [prefix, listeners] : prefixes_) {
      if (!topic.starts_with(prefix)) continue;
      for (Listener* listener : listeners) visit(*listener);
    }
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Listeners = std::unordered_map<std::string, std::vector<Listener*>, Hash, std::equal_to<>>;
  Listeners& of(std::string_view& pattern);

  Listeners exact_;
  Listeners prefixes_;
};

}  // namespace kismet
