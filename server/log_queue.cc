#include "server/log_queue.h"

#include <utility>

namespace kismet {

std::size_t size_of(const LogEntry& entry) {
  struct Size {
    std::size_t operator()(const Message& message) const { return message.text.size() + message.source.size(); }
    std::size_t operator()(const LoggedAlert& alert) const { return alert.event->size(); }
    std::size_t operator()(const LoggedEvent& event) const { return event.event->size(); }
    std::size_t operator()(const LoggedSnapshot& snapshot) const { return snapshot.json.size(); }
  };
  return sizeof(LogEntry) + std::visit(Size{}, entry);
}

void LogQueue::on_waiting(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_waiting_ = std::move(callback);
}

bool LogQueue::push(LogEntry entry) {
  const std::size_t size = size_of(entry);
  const std::lock_guard lock(mutex_);
  const bool was_half = bytes_ * 2 >= max_bytes_;
  if (entries_.empty() && on_waiting_) on_waiting_();
  entries_.push_back(std::move(entry));
  bytes_ += size;
  while (bytes_ > max_bytes_) {
    bytes_ -= size_of(entries_.front());
    entries_.pop_front();
    ++lost_;
  }
  return !was_half && bytes_ * 2 >= max_bytes_;
}

std::vector<LogEntry> LogQueue::take(std::size_t bytes) {
  std::vector<LogEntry> taken;
  const std::lock_guard lock(mutex_);
  for (std::size_t total = 0; !entries_.empty() && total < bytes;) {
    const std::size_t size = size_of(entries_.front());
    total += size;
    bytes_ -= size;
    taken.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  return taken;
}

bool LogQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

std::uint64_t LogQueue::take_lost() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_, 0);
}

}  // namespace kismet
