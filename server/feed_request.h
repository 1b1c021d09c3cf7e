#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/request.h"
#include "server/feed_form.h"

namespace kismet {

/// One subscription of a feed, as its client asks for it.
struct FeedWish {
  std::vector<std::string> topics;  // As SubscriptionOptions::topics; an event that several match comes once.
  FeedForm form{};
  std::optional<std::uint64_t> replay_after{};  // Begin with the events after this one,
  std::size_t replay_last = 0;                  // or with the last so many.
  double max_rate = 0;                          // Events a second, the rest is left out; 0 = all.
};

/// What one message of a websocket client asks (HTTP_API.md B2, docs/EVENTS.md): both may be in one.
struct FeedRequest {
  std::optional<FeedWish> subscribe;
  std::optional<std::string> unsubscribe;
  std::string fault;  // Not empty: nothing of it is done, and this is why.
};

/// Bounds of what a client may ask for.
struct FeedLimits {
  static constexpr std::size_t kTopic = 256;  // Bytes of a topic.
  static constexpr std::size_t kTopics = 64;  // Topics of one feed.
};

/// `epoch` is the bus's.
FeedRequest parse_feed_request(std::string_view text, std::uint64_t epoch);

/// The same from the query of a Server-Sent Events request: topic (often, or with commas), fields (with commas),
/// format, envelope, parsed, since, max_rate; and from the header Last-Event-ID. A fault is told in `fault`.
FeedWish parse_feed_query(const Request& request, std::uint64_t epoch, std::string& fault);

}  // namespace kismet
