#include "server/feed_registry.h"

#include <utility>

#include "server/json_endpoint.h"

namespace kismet {

using Json = nlohmann::json;

void FeedStats::set_topics(std::vector<std::string> topics) {
  const std::lock_guard lock(mutex_);
  topics_ = std::move(topics);
}

Json FeedStats::to_json() const {
  const std::lock_guard lock(mutex_);
  return {{"kismet.eventbus.feed.kind", kind_},
          {"kismet.eventbus.feed.client", client_},
          {"kismet.eventbus.feed.user", name_},
          {"kismet.eventbus.feed.topics", topics_},
          {"kismet.eventbus.feed.delivered", delivered.load()},
          {"kismet.eventbus.feed.dropped", dropped.load()},
          {"kismet.eventbus.feed.limited", limited.load()},
          {"kismet.eventbus.feed.queued", queued.load()}};
}

std::shared_ptr<FeedStats> FeedRegistry::add(std::string_view kind, const Request& request) {
  auto stats = std::make_shared<FeedStats>(std::string(kind), request.client_address, request.principal.name);
  const std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const auto& feed) { return feed.expired(); });
  feeds_.push_back(stats);
  return stats;
}

Json FeedRegistry::to_json() const {
  Json all = Json::array();
  const std::lock_guard lock(mutex_);
  for (const auto& feed : feeds_) {
    if (const auto stats = feed.lock()) all.push_back(stats->to_json());
  }
  return all;
}

std::size_t FeedRegistry::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& feed : feeds_) count += !feed.expired();
  return count;
}

std::vector<Route> feed_registry_routes(const FeedRegistry& registry) {
  return get_and_post("/eventbus/feeds.*", "admin",
                      std::make_shared<JsonEndpoint>([&registry](const Request&, const JsonForm&) {
                        return JsonAnswer{registry.to_json(), 200, {}};
                      }));
}

}  // namespace kismet
