#include "external/keep_alive.h"

#include <algorithm>
#include <utility>

namespace kismet {

namespace {

// A peer that ends when its last PONG is 5 s old gets one unasked before that.
constexpr std::chrono::seconds kPongAge{3};
// A PONG may answer any of the last PINGs. With these many unanswered, older ones are forgotten but for the time limit.
constexpr std::size_t kRemembered = 16;

}  // namespace

KeepAlive::KeepAlive(Loop& loop, FrameSender& sender, const SessionSettings& settings, std::function<void()> dead)
    : clock_(loop.clock()),
      sender_(sender),
      settings_(settings),
      limit_(settings.ping_timeout),
      next_ask_(loop.deadlines(), [this] { ask(); }),
      too_late_(loop.deadlines(), std::move(dead)),
      pong_old_(loop.deadlines(), [this] { say_pong(); }) {}

void KeepAlive::start() {
  if (settings_.ping_interval.count() > 0) next_ask_.set(settings_.ping_interval);
}

void KeepAlive::stop() {
  next_ask_.clear();
  too_late_.clear();
  pong_old_.clear();
}

void KeepAlive::check(std::chrono::milliseconds limit, std::function<void()> alive) {
  alive_ = std::move(alive);
  ask();
  limit_ = limit;
  too_late_.set(limit);
}

void KeepAlive::ask() {
  start();
  if (sender_.send(wire::Ping{}, Importance::urgent) != Sent::queued) return;
  // The first one stays, whatever comes after it: the time limit counts from there.
  if (unanswered_.size() == kRemembered) unanswered_.erase(unanswered_.begin() + 1);
  unanswered_.push_back({sender_.last(), clock_.now()});
  if (settings_.ping_timeout.count() > 0 && !too_late_.is_set()) too_late_.set(settings_.ping_timeout);
}

void KeepAlive::ponged(wire::Seqno number) {
  const auto answered = std::find_if(unanswered_.begin(), unanswered_.end(),
                                     [number](const Asked& asked) { return asked.number == number; });
  if (answered == unanswered_.end()) return;
  const SteadyTime now = clock_.now();
  round_trip_ = std::chrono::duration_cast<std::chrono::microseconds>(now - answered->at);
  unanswered_.erase(unanswered_.begin(), answered + 1);
  too_late_.clear();
  limit_ = settings_.ping_timeout;
  if (alive_) std::exchange(alive_, nullptr)();
  if (!unanswered_.empty() && settings_.ping_timeout.count() > 0) {
    too_late_.set(settings_.ping_timeout - (now - unanswered_.front().at));
  }
}

void KeepAlive::pinged(wire::Seqno number) {
  last_pinged_ = number;
  say_pong();
}

void KeepAlive::say_pong() {
  if (sender_.send(wire::Pong{last_pinged_}, Importance::urgent) == Sent::closed) return;
  if (sender_.codec() && sender_.codec()->quirks().exits_on_old_pong) pong_old_.set(kPongAge);
}

}  // namespace kismet
