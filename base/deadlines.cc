#include "base/deadlines.h"

#include <utility>

namespace kismet {

Deadlines::Deadlines(Executor executor, const Clock& clock) : clock_(clock), timer_(executor) {}

void Deadlines::sweep() {
  const SteadyTime now = clock_.now();
  // What a callback sets for "at once" waits for the next sweep: the count bounds the loop.
  for (std::size_t left = heap_.size(); left > 0 && !heap_.empty() && heap_.front()->key_ <= now; --left) {
    Deadline& first = *heap_.front();
    if (first.at_ > now && first.is_set()) {  // Moved later since it was placed.
      first.key_ = first.at_;
      sift_down(0);
      continue;
    }
    erase(first);
    if (!first.is_set()) continue;
    first.at_ = SteadyTime::max();
    const auto expired = first.expired_;  // The callback may destroy its deadline.
    try {
      expired();
    } catch (...) {
      arm();  // The others are still to come.
      throw;
    }
  }
  arm();
}

SteadyTime Deadlines::next() const {
  return heap_.empty() ? SteadyTime::max() : heap_.front()->key_;
}

void Deadlines::arm() {
  const SteadyTime next_at = next();
  if (next_at == SteadyTime::max() || armed_for_ <= next_at) return;
  armed_for_ = next_at;
  timer_.expires_after(next_at - clock_.now());
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    armed_for_ = SteadyTime::max();
    sweep();
  });
}

void Deadlines::insert(Deadline& deadline) {
  deadline.key_ = deadline.at_;
  heap_.push_back(&deadline);
  place(heap_.size() - 1, &deadline);
  sift_up(heap_.size() - 1);
  arm();
}

void Deadlines::erase(Deadline& deadline) {
  const std::size_t index = deadline.index_;
  Deadline* last = heap_.back();
  heap_.pop_back();
  deadline.index_ = Deadline::kNowhere;
  if (last == &deadline) return;
  place(index, last);
  sift_up(index);
  sift_down(last->index_);
}

void Deadlines::place(std::size_t index, Deadline* deadline) {
  heap_[index] = deadline;
  deadline->index_ = index;
}

void Deadlines::sift_up(std::size_t index) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->key_ <= heap_[index]->key_) return;
    Deadline* moved = heap_[index];
    place(index, heap_[parent]);
    place(parent, moved);
    index = parent;
  }
}

void Deadlines::sift_down(std::size_t index) {
  for (;;) {
    std::size_t least = index;
    for (const std::size_t child : {2 * index + 1, 2 * index + 2}) {
      if (child < heap_.size() && heap_[child]->key_ < heap_[least]->key_) least = child;
    }
    if (least == index) return;
    Deadline* moved = heap_[index];
    place(index, heap_[least]);
    place(least, moved);
    index = least;
  }
}

void Deadline::set(std::chrono::nanoseconds after) {
  at_ = owner_.clock_.now() + after;
  if (index_ == kNowhere) {
    owner_.insert(*this);
  } else if (at_ < key_) {
    key_ = at_;
    owner_.sift_up(index_);
    owner_.arm();
  }
}

Deadline::~Deadline() {
  if (index_ != kNowhere) owner_.erase(*this);
}

}  // namespace kismet
