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
  auto stats = std::make_unique<FeedStats>(std::string(kind), request.client_address, request.principal.name);
  const std::lock_guard lock(shared_->mutex);
  shared_->feeds.push_back(stats.get());
  return {stats.release(), [shared = shared_](const FeedStats* ended) {
            const std::lock_guard at_its_end(shared->mutex);
            std::erase(shared->feeds, ended);
            add_to(shared->over, *ended);
            delete ended;
          }};
}

Json FeedRegistry::to_json() const {
  Json all = Json::array();
  const std::lock_guard lock(shared_->mutex);
  for (const FeedStats* feed : shared_->feeds) all.push_back(feed->to_json());
  return all;
}

std::size_t FeedRegistry::size() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->feeds.size();
}

FeedRegistry::Totals FeedRegistry::totals() const {
  const std::lock_guard lock(shared_->mutex);
  Totals all = shared_->over;
  for (const FeedStats* feed : shared_->feeds) add_to(all, *feed);
  return all;
}

void FeedRegistry::add_to(Totals& totals, const FeedStats& feed) {
  totals.delivered += feed.delivered;
  totals.dropped += feed.dropped;
  totals.limited += feed.limited;
}

std::vector<Route> feed_registry_routes(const FeedRegistry& registry) {
  return get_and_post("/eventbus/feeds.*", "admin",
                      std::make_shared<JsonEndpoint>([&registry](const Request&, const JsonForm&) {
                        return JsonAnswer{registry.to_json(), 200, {}};
                      }));
}

}  // namespace kismet
