#include "eventbus/replay_window.h"

#include <algorithm>

#include "eventbus/topic_table.h"

namespace kismet {

namespace {

bool any_matches(const std::vector<std::string>& topics, std::string_view topic) {
  return std::any_of(topics.begin(), topics.end(), [&](const std::string& t) { return topic_matches(t, topic); });
}

}  // namespace

void ReplayWindow::add(const EventPtr& event) {
  events_.push_back(event);
  bytes_ += event->size();
  while (!events_.empty() && (events_.size() > settings_.max_events || bytes_ > settings_.max_bytes)) drop_front();
}

void ReplayWindow::drop_front() {
  bytes_ -= events_.front()->size();
  events_.pop_front();
}

std::vector<EventPtr> ReplayWindow::select(const SubscriptionOptions& options) const {
  std::vector<EventPtr> selected;
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    const bool enough = options.replay_after ? (*event)->seq <= *options.replay_after  //
                                             : selected.size() >= options.replay_last;
    if (enough) break;
    if (any_matches(options.topics, (*event)->topic)) selected.push_back(*event);
  }
  std::reverse(selected.begin(), selected.end());
  return selected;
}

}  // namespace kismet
