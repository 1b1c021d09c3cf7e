#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/request.h"
#include "httpd/router.h"

namespace kismet {

/// What one feed counts.
/// Thread rule: safe everywhere. Shared by the feed and the registry's readers.
class FeedStats {
 public:
  FeedStats(std::string kind, std::string client, std::string name)
      : kind_(std::move(kind)), client_(std::move(client)), name_(std::move(name)) {}

  std::atomic<std::uint64_t> delivered{0}, dropped{0}, limited{0}, queued{0};
  void set_topics(std::vector<std::string> topics);
  nlohmann::json to_json() const;

 private:
  const std::string kind_;    // "websocket" or "sse".
  const std::string client_;  // Its address.
  const std::string name_;    // Its login.
  mutable std::mutex mutex_;
  std::vector<std::string> topics_;
};

/// The feeds that there are, so that people can see who lags.
/// Thread rule: all members are safe everywhere. Owned by the composition root.
class FeedRegistry {
 public:
  /// What all feeds have counted together, those that are over too.
  struct Totals {
    std::uint64_t delivered = 0, dropped = 0, limited = 0;
  };

  std::shared_ptr<FeedStats> add(std::string_view kind, const Request& request);
  nlohmann::json to_json() const;
  std::size_t size() const;
  Totals totals() const;

 private:
  struct Shared {
    std::mutex mutex;
    std::vector<const FeedStats*> feeds;
    Totals over;  // Of feeds that are over.
  };
  static void add_to(Totals& totals, const FeedStats& feed);

  const std::shared_ptr<Shared> shared_{std::make_shared<Shared>()};  // A feed's end is noted in it.
};

/// GET /eventbus/feeds.*, for admins.
/// Thread rule: as Handler. `registry` outlives the handlers.
std::vector<Route> feed_registry_routes(const FeedRegistry& registry);

}  // namespace kismet
