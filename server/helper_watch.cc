#include "server/helper_watch.h"

#include <utility>

#include "server/wire_viewer.h"

namespace kismet {

namespace {

constexpr std::size_t kHistory = 50;

}  // namespace

void HelperWatch::changed(const HelperLife& life, const HelperChange& change) {
  if (history_.size() >= kHistory) history_.pop_front();
  history_.push_back({life.loop().clock().wall_now(), life.state(), change.text});
  if (!viewers_.empty()) tap(life);  // It may have a session that is new.
}

void HelperWatch::tap(const HelperLife& life) {
  if (HelperSession* const session = life.session()) session->watch(viewers_.empty() ? nullptr : this);
}

void HelperWatch::add(const HelperLife& life, std::shared_ptr<WireViewer> viewer) {
  clock_ = &life.loop().clock();
  viewers_.push_back(std::move(viewer));
  tap(life);
}

void HelperWatch::remove(const HelperLife& life, const std::shared_ptr<WireViewer>& viewer) {
  std::erase(viewers_, viewer);
  tap(life);
}

void HelperWatch::frame(const TappedFrame& frame) {
  const WallTime now = clock_->wall_now();
  for (const std::shared_ptr<WireViewer>& viewer : viewers_) viewer->frame(frame, now);
}

HelperView HelperWatch::view(const HelperLife& life, std::size_t requests) const {
  HelperView view;
  view.definition = life.definition();
  view.snapshot = life.snapshot();
  view.history.assign(history_.begin(), history_.end());
  if (const HelperSession* const session = life.session()) {
    view.session = session->status();
    if (requests > 0) view.open_requests = session->open_requests(requests);
  }
  return view;
}

HelperOutput HelperWatch::output(const HelperLife& life) {
  const std::deque<std::string>& lines = life.output();
  return {{lines.begin(), lines.end()}, life.snapshot().output_lines};
}

}  // namespace kismet
