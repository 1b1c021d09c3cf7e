#pragma once

#include <chrono>
#include <deque>
#include <functional>

#include "base/loop.h"
#include "external/frame_sender.h"
#include "external/helper_session.h"

namespace kismet {

/// PING and PONG, both ways: asks the helper regularly whether it is there, measures how fast it answers, and answers
/// what it asks.
/// Thread rule: all members run on the session's loop. Owned by the session.
class KeepAlive {
 public:
  /// `dead` is called once a PING has gone unanswered for too long.
  KeepAlive(Loop& loop, FrameSender& sender, const SessionSettings& settings, std::function<void()> dead);

  void start();
  /// Finds out now: `alive` is called at the next PONG; without one within `limit`, `dead` is.
  void check(std::chrono::milliseconds limit, std::function<void()> alive);
  /// After `dead` was called: there was a reason, and it has as long again.
  void wait_on() { too_late_.set(limit_); }
  void stop();
  void pinged(wire::Seqno number);
  void ponged(wire::Seqno number);
  /// How long it has not answered when `dead` is called.
  std::chrono::milliseconds limit() const { return limit_; }
  /// Of the last PONG; zero before.
  std::chrono::microseconds round_trip() const { return round_trip_; }

 private:
  struct Asked {
    wire::Seqno number;
    SteadyTime at;
  };

  void ask();
  void say_pong();

  const Clock& clock_;
  FrameSender& sender_;
  const SessionSettings& settings_;
  std::deque<Asked> unanswered_;
  std::function<void()> alive_;
  wire::Seqno last_pinged_;
  std::chrono::microseconds round_trip_{0};
  std::chrono::milliseconds limit_{0};
  Deadline next_ask_;
  Deadline too_late_;
  Deadline pong_old_;
};

}  // namespace kismet
