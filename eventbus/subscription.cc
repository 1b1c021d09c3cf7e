#include <boost/asio/post.hpp>
#include <utility>

#include "eventbus/subscription_state.h"

namespace kismet {

namespace {

thread_local const Event* event_being_delivered = nullptr;

/// Marks the calling thread as being inside a handler, and leaves the mark as it was.
class Delivering {
 public:
  Delivering(const Event& event, bool& calling) : outer_(event_being_delivered), calling_(calling) {
    event_being_delivered = &event;
    calling_ = true;
  }
  ~Delivering() {
    event_being_delivered = outer_;
    calling_ = false;
  }
  Delivering(const Delivering&) = delete;
  Delivering& operator=(const Delivering&) = delete;

 private:
  const Event* outer_;
  bool& calling_;
};

}  // namespace

const Event* EventBus::delivering() {
  return event_being_delivered;
}

Subscription::State::State(const SubscriptionOptions& o, Executor executor, EventBus::Handler handler)
    : options(o), executor_(executor), handler_(std::move(handler)) {}

bool Subscription::State::make_room(std::size_t size) {
  const auto full = [&] {
    return queue_.size() >= options.max_queued || queue_bytes_ + size > options.max_queued_bytes;
  };
  while (options.policy == DropPolicy::oldest && full() && !queue_.empty()) {
    queue_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    ++dropped_;
  }
  return !full();
}

void Subscription::State::push(const EventPtr& event) {
  {
    const std::lock_guard lock(mutex_);
    if (deaf_) return;
    const std::size_t size = event->size();
    if (!make_room(size)) {
      ++dropped_;
      return;
    }
    queue_.push_back(event);
    queue_bytes_ += size;
    if (std::exchange(scheduled_, true)) return;
  }
  post_drain();
}

void Subscription::State::post_drain() {
  net::post(executor_, [self = shared_from_this()] { self->drain(); });
}

bool Subscription::State::refill() {
  const std::lock_guard lock(mutex_);
  batch_next_ = batch_end_ = 0;
  while (!queue_.empty() && batch_end_ < kBatch) {
    queue_bytes_ -= queue_.front()->size();
    batch_[batch_end_++] = std::move(queue_.front());
    queue_.pop_front();
  }
  return batch_end_ > 0;
}

void Subscription::State::drain() {
  struct Rest {  // Also when a handler throws: its event is spent, those behind it are not.
    State& state;
    ~Rest() { state.rest(); }
  } rest_after{*this};
  if (closed_ || (batch_next_ == batch_end_ && !refill())) return;
  while (!closed_ && batch_next_ < batch_end_) {
    const EventPtr event = std::move(batch_[batch_next_++]);
    ++delivered;
    const Delivering mark(*event, calling_);
    handler_(event);
  }
}

void Subscription::State::rest() {
  if (closed_) {
    handler_ = nullptr;
    batch_ = {};
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() && batch_next_ == batch_end_) {
      scheduled_ = false;
      return;
    }
  }
  post_drain();
}

void Subscription::State::close() {
  closed_ = true;
  {
    const std::lock_guard lock(mutex_);
    deaf_ = true;
    queue_.clear();
    queue_bytes_ = 0;
  }
  if (!calling_) {
    handler_ = nullptr;
    batch_ = {};
  }
}

std::size_t Subscription::State::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + (batch_end_ - batch_next_);
}

std::uint64_t Subscription::State::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace kismet
