#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "msgbus/message.h"

namespace kismet {

/// The last messages, at most so many. The source that holds most of the places makes room, so that one that floods
/// pushes out its own.
/// Thread rule: guarded by the message bus that owns it.
class RecentMessages {
 public:
  explicit RecentMessages(std::size_t keep) : keep_(keep) {}

  void add(const Message& message);
  /// Forgets the message of that number, if it is still here.
  void remove(std::uint64_t seq);
  std::vector<Message> all() const { return {messages_.begin(), messages_.end()}; }

 private:
  using Place = std::deque<Message>::iterator;
  void erase(Place place);

  const std::size_t keep_;
  std::deque<Message> messages_;
  std::unordered_map<std::string, std::size_t> held_;  // Messages a source.
};

}  // namespace kismet
