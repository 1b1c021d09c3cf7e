#include "server/log_database.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace kismet {

namespace {

std::string losses(std::uint64_t lost) {
  return lost == 0 ? "" : "; " + std::to_string(lost) + " entries were lost";
}

}  // namespace

LogDatabase::LogDatabase(Loop& loop, Worker& worker, EventBus& events, MessageBus& messages, LogWriter writer,
                         std::function<std::string()> snapshot, const LogSettings& settings)
    : loop_(loop),
      worker_(worker),
      events_(events),
      messages_(messages),
      snapshot_(std::move(snapshot)),
      settings_(settings),
      writer_(std::move(writer)),
      tasks_(loop.get_executor(), [&messages](const std::string& task, const std::string& what) {
        messages.error("bug: " + task + ": " + what);
      }) {}

MessageBus::Sink LogDatabase::sink() const {
  return [queue = queue_, wanted = settings_.messages](const Message& message) {
    if (wanted) queue->push(message);
  };
}

void LogDatabase::start() {
  SubscriptionOptions options;
  options.topics = {settings_.events ? "*" : "ALERT"};
  options.max_queued = 10'000;
  if (settings_.events || settings_.alerts) {
    subscription_ =
        events_.subscribe(options, loop_.get_executor(), [this](const EventPtr& event) { on_event(event); });
  }
  tasks_.spawn("log", run());
  queue_->on_waiting([this] {
    net::post(loop_.get_executor(), [this] {
      if (!failing_ && !stopping_) timer_.set(interval_);
    });
  });
  tick();
}

void LogDatabase::on_event(const EventPtr& event) {
  bool half_full = false;
  if (settings_.alerts && event->topic == "ALERT") half_full |= queue_->push(LoggedAlert{event});
  if (settings_.events) half_full |= queue_->push(LoggedEvent{event});
  if (half_full && !failing_) wakeup_.notify();
}

void LogDatabase::tick() {
  take_snapshot();
  if (!writing_ || !queue_->empty() || (purges() && loop_.clock().now() >= next_purge_)) {
    wakeup_.notify();
  } else {
    rest();
  }
}

/// Sleeps until there is something to write.
void LogDatabase::rest() {
  if (failing_ || !queue_->empty()) return timer_.set(interval_);
  SteadyTime next = SteadyTime::max();
  if (settings_.snapshot_interval.count() > 0) next = next_snapshot_;
  if (purges()) next = std::min(next, next_purge_);
  if (next == SteadyTime::max()) return timer_.clear();
  timer_.set(std::max<SteadyTime::duration>(next - loop_.clock().now(), SteadyTime::duration::zero()));
}

void LogDatabase::take_snapshot() {
  if (settings_.snapshot_interval.count() == 0 || loop_.clock().now() < next_snapshot_) return;
  next_snapshot_ = loop_.clock().now() + settings_.snapshot_interval;
  queue_->push(LoggedSnapshot{loop_.clock().wall_now(), snapshot_()});
}

std::optional<WallTime> LogDatabase::purge_due() {
  if (loop_.clock().now() < next_purge_) return std::nullopt;
  next_purge_ = loop_.clock().now() + std::chrono::minutes(1);
  if (!purges()) return std::nullopt;
  return loop_.clock().wall_now() - settings_.message_timeout;
}

Task<void> LogDatabase::run() {
  for (bool last = false; !last;) {
    co_await wakeup_.wait();
    last = stopping_;
    auto job = [this, purge_before = purge_due()] { return write_some(purge_before); };
    const std::optional<Turn> turn = co_await worker_.run(loop_.get_executor(), std::move(job));
    conclude(turn ? *turn : Turn{"the system gives no thread to write it", {}, 0});
    rest();
  }
  timer_.clear();
  if (failing_) messages_.error("the end of the log is lost: it could not be written");
  auto job = [this] { writer_.close(); };
  co_await worker_.run(loop_.get_executor(), std::move(job));
}

/// On the worker: writes all that waits. Stops at the first failure, and keeps what failed for the next turn.
LogDatabase::Turn LogDatabase::write_some(std::optional<WallTime> purge_before) {
  Turn turn;
  try {
    const bool was_open = writer_.is_open();
    const std::string was_path = writer_.path();
    turn.failure = writer_.open();
    while (turn.failure.empty()) {
      if (batch_.empty()) batch_ = queue_->take(settings_.batch_bytes);
      if (batch_.empty()) break;
      turn.failure = writer_.write(batch_);
      if (turn.failure.empty()) batch_.clear();
    }
    if (turn.failure.empty() && purge_before) turn.failure = writer_.purge(*purge_before);
    if (turn.failure.empty() && (!was_open || writer_.path() != was_path)) turn.opened = writer_.path();
  } catch (const std::exception& e) {  // Memory that is used up must not end the log.
    turn.failure = e.what();
  }
  turn.lost = queue_->take_lost();
  return turn;
}

void LogDatabase::conclude(const Turn& turn) {
  lost_ += turn.lost;
  writing_ = turn.failure.empty();
  if (!turn.failure.empty()) {
    interval_ = failing_ ? std::min(interval_ * 2, settings_.retry_limit) : settings_.retry_interval;
    if (!std::exchange(failing_, true))
      messages_.error("the log cannot be written, and is tried again: " + turn.failure);
    return;
  }
  interval_ = settings_.batch_interval;
  if (!turn.opened.empty()) {
    messages_.info("logging to " + turn.opened);
    events_.publish("KISMETDB_LOG_OPEN", "{}");
  }
  if (std::exchange(failing_, false)) {
    messages_.info("the log is written again" + losses(lost_));
  } else if (lost_ > 0) {
    messages_.error("the log could not be written fast enough" + losses(lost_));
  }
  lost_ = 0;
}

Task<void> LogDatabase::stop() {
  queue_->on_waiting(nullptr);
  subscription_ = Subscription();
  stopping_ = true;
  wakeup_.notify();
  co_await tasks_.drained();
}

}  // namespace kismet
