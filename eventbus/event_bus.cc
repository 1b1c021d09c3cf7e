#include "eventbus/event_bus.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "base/json_text.h"
#include "eventbus/replay_window.h"
#include "eventbus/subscription_state.h"
#include "eventbus/topic_table.h"

namespace kismet {

struct EventBus::Impl {
  Impl(const Clock& c, const ReplaySettings& replay)
      : clock(c),
        epoch(static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(c.wall_now().time_since_epoch()).count())),
        window(replay) {}

  void remove(Subscription::State& state) {
    const std::lock_guard lock(mutex);
    table.remove(state);
  }

  /// Ends the lock: whoever is told may ask this bus.
  void tell_subscribed(std::unique_lock<std::mutex>& lock) {
    const std::function<void()> tell = on_subscribe;
    lock.unlock();
    if (tell) tell();
  }

  const Clock& clock;
  const std::uint64_t epoch;

  mutable std::mutex mutex;  // Guards what follows; held while an event is handed out, never over a handler.
  std::uint64_t last_seq = 0;
  TopicTable table;
  ReplayWindow window;
  std::function<void()> on_subscribe;
};

EventBus::EventBus(const Clock& clock, const ReplaySettings& replay) : impl_(std::make_shared<Impl>(clock, replay)) {}

EventBus::~EventBus() = default;

EventPtr EventBus::publish(std::string_view topic, std::string_view object_json) {
  auto event = std::make_shared<Event>();
  event->topic = topic;
  event->content_json.reserve(topic.size() + object_json.size() + 8);
  event->content_json += '{';
  append_json_string(event->content_json, topic);
  event->content_json += ':';
  event->content_json += object_json;
  event->content_json += '}';
  return publish(std::move(event));
}

EventPtr EventBus::publish_text(std::string_view topic, std::string_view text) {
  auto event = std::make_shared<Event>();
  event->topic = topic;
  event->from_text = true;
  event->content_json = "{\"kismet.eventbus.event_json\":";
  append_json_string(event->content_json, text);
  event->content_json += '}';
  return publish(std::move(event));
}

EventPtr EventBus::publish(std::shared_ptr<Event> event) {
  event->json.reserve(event->topic.size() + event->content_json.size() + 64);
  event->json += "{\"kismet.eventbus.type\":";
  append_json_string(event->json, event->topic);
  event->json += ",\"kismet.eventbus.content\":";
  event->json += event->content_json;
  event->json += '}';

  Impl& bus = *impl_;
  const std::lock_guard lock(bus.mutex);
  event->time = bus.clock.wall_now();
  event->seq = ++bus.last_seq;
  const EventPtr published = std::move(event);
  bus.table.for_each(published->topic, [&](Subscription::State& listener) {
    if (std::exchange(listener.last_seq, published->seq) != published->seq) listener.push(published);
  });
  bus.window.add(published);
  return published;
}

Subscription EventBus::subscribe(const SubscriptionOptions& options, Executor executor, Handler handler) {
  auto state = std::make_shared<Subscription::State>(options, executor, std::move(handler));
  state->bus = impl_;
  std::unique_lock lock(impl_->mutex);
  for (const EventPtr& event : impl_->window.select(options)) state->push(event);
  impl_->table.add(*state);
  impl_->tell_subscribed(lock);
  return Subscription(std::move(state));
}

void EventBus::set_topics(Subscription& subscription, std::vector<std::string> topics) {
  std::unique_lock lock(impl_->mutex);
  impl_->table.remove(*subscription.state_);
  subscription.state_->options.topics = std::move(topics);
  impl_->table.add(*subscription.state_);
  impl_->tell_subscribed(lock);
}

EventBus::Past EventBus::past(const SubscriptionOptions& options) const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->window.select(options), impl_->last_seq};
}

bool EventBus::has_subscribers(std::string_view topic) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->table.hears(topic);
}

void EventBus::on_subscribe(std::function<void()> callback) {
  const std::lock_guard lock(impl_->mutex);
  impl_->on_subscribe = std::move(callback);
}

std::uint64_t EventBus::epoch() const {
  return impl_->epoch;
}

Subscription::Subscription() = default;

Subscription::Subscription(std::shared_ptr<State> state) : state_(std::move(state)) {}

Subscription::~Subscription() {
  if (!state_) return;
  if (const auto bus = state_->bus.lock()) bus->remove(*state_);
  state_->close();
}

Subscription::Subscription(Subscription&&) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  Subscription old(std::exchange(state_, std::move(other.state_)));
  return *this;
}

SubscriptionCounters Subscription::counters() const {
  if (!state_) return {};
  return {state_->delivered, state_->dropped(), state_->queued()};
}

}  // namespace kismet
