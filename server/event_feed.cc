#include "server/event_feed.h"

#include <algorithm>
#include <utility>

#include "eventbus/topic_table.h"

namespace kismet {

EventFeed::EventFeed(Loop& loop, EventBus& events, const FeedSettings& settings, std::shared_ptr<FeedStats> stats,
                     std::function<void()> ring)
    : loop_(loop), events_(events), settings_(settings), stats_(std::move(stats)), ring_(std::move(ring)) {
  SubscriptionOptions options;
  options.max_queued = settings.max_queued;
  options.max_queued_bytes = settings.max_queued_bytes;
  subscription_ = events.subscribe(options, loop.get_executor(), [this](const EventPtr& event) { on_event(event); });
}

std::string EventFeed::subscribe(FeedWish wish) {
  std::size_t topics = wish.topics.size();
  for (const auto& topic : topics_) topics += topic->wish.topics == wish.topics ? 0 : topic->wish.topics.size();
  if (topics > FeedLimits::kTopics) return "too many topics for one feed; at most 64";
  const SubscriptionOptions replay{
      .topics = wish.topics, .replay_after = wish.replay_after, .replay_last = wish.replay_last};
  if (wish.topics.size() == 1) unsubscribe(wish.topics.front());
  auto topic = std::make_shared<Topic>();
  topic->wish = std::move(wish);
  topic->tokens = std::max(1.0, topic->wish.max_rate);
  topic->refilled = loop_.clock().now();
  topics_.push_back(topic);
  hear();
  const EventBus::Past past = events_.past(replay);
  topic->live_after = past.last_seq;
  std::size_t bytes = past_bytes_;
  for (const EventPtr& event : past.events) bytes += event->size();
  if (bytes > settings_.max_replay_bytes) {
    dropped_ += past.events.size();
    return "too much of the past at once; it is left out";
  }
  for (const EventPtr& event : past.events) past_.push_back({event, topic});
  past_bytes_ = bytes;
  count();
  if (!past_.empty()) ring_();
  return {};
}

void EventFeed::unsubscribe(std::string_view name) {
  const auto named = [&](const auto& topic) { return topic->wish.topics.size() == 1 && topic->wish.topics[0] == name; };
  for (const auto& topic : topics_) topic->gone = topic->gone || named(topic);
  if (std::erase_if(topics_, named) > 0) hear();
}

void EventFeed::hear() {
  std::vector<std::string> all;
  for (const auto& topic : topics_) all.insert(all.end(), topic->wish.topics.begin(), topic->wish.topics.end());
  events_.set_topics(subscription_, all);
  stats_->set_topics(std::move(all));
}

void EventFeed::on_event(const EventPtr& event) {
  const bool was_empty = queue_.empty();
  for (const auto& topic : topics_) {
    const auto matches = [&](const std::string& pattern) { return topic_matches(pattern, event->topic); };
    if (event->seq <= topic->live_after) continue;
    if (std::none_of(topic->wish.topics.begin(), topic->wish.topics.end(), matches)) continue;
    if (spend(*topic)) {
      wait(event, topic);
    } else {
      ++stats_->limited;
    }
  }
  count();
  if (was_empty && !queue_.empty()) ring_();
}

bool EventFeed::spend(Topic& topic) const {
  const double rate = topic.wish.max_rate;
  if (rate <= 0) return true;
  const SteadyTime now = loop_.clock().now();
  const std::chrono::duration<double> passed = now - std::exchange(topic.refilled, now);
  topic.tokens = std::min(std::max(1.0, rate), topic.tokens + passed.count() * rate);
  if (topic.tokens < 1) return false;
  topic.tokens -= 1;
  return true;
}

void EventFeed::wait(const EventPtr& event, const std::shared_ptr<Topic>& topic) {
  queue_.push_back({event, topic});
  queue_bytes_ += event->size();
  while (queue_.size() > settings_.max_queued || queue_bytes_ > settings_.max_queued_bytes) {
    queue_bytes_ -= queue_.front().event->size();
    queue_.pop_front();
    ++dropped_;
  }
}

std::optional<EventFeed::Waiting> EventFeed::take() {
  std::deque<Waiting>& queue = past_.empty() ? queue_ : past_;
  std::size_t& bytes = past_.empty() ? queue_bytes_ : past_bytes_;
  if (queue.empty()) return std::nullopt;
  Waiting first = std::move(queue.front());
  queue.pop_front();
  bytes -= first.event->size();
  return first;
}

std::shared_ptr<const std::string> EventFeed::text_of(const Waiting& waiting) const {
  const FeedForm& form = waiting.topic->wish.form;
  if (form.plain()) return {waiting.event, &waiting.event->content_json};
  return std::make_shared<const std::string>(feed_text(*waiting.event, form, events_.epoch(), stats_->dropped));
}

std::optional<EventFeed::Item> EventFeed::next() {
  while (std::optional<Waiting> waiting = take()) {
    if (waiting->topic->gone) continue;
    ++stats_->delivered;
    count();
    return Item{waiting->event, text_of(*waiting)};
  }
  return std::nullopt;
}

void EventFeed::count() {
  const SubscriptionCounters bus = subscription_.counters();
  stats_->dropped = dropped_ + bus.dropped;
  stats_->queued = past_.size() + queue_.size() + bus.queued;
}

}  // namespace kismet
