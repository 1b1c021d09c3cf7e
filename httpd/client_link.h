#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "base/deadlines.h"
#include "base/loop.h"
#include "base/wakeup.h"
#include "httpd/byte_stream.h"

namespace kismet {

/// The way to one client: its stream, the doorbell that everything about it rings, and one time limit at a time.
/// Thread rule: all members on loop(). Owned by the connection.
class ClientLink {
 public:
  ClientLink(Loop& loop, std::unique_ptr<ByteStream> stream)
      : loop_(loop), stream_(std::move(stream)), wakeup_(loop.get_executor()) {}

  Loop& loop() { return loop_; }
  ByteStream& stream() { return *stream_; }
  const ByteStream& stream() const { return *stream_; }
  Wakeup& wakeup() { return wakeup_; }

  /// Rings, and sets timed_out(), unless another limit (or none) is set before.
  void limit(std::chrono::milliseconds time) {
    timed_out_ = false;
    deadline_.set(time);
  }
  void no_limit() {
    timed_out_ = false;
    deadline_.clear();
  }
  bool timed_out() const { return timed_out_; }

  /// Gives the client up, at once.
  void cut() {
    cut_ = true;
    wakeup_.notify();
  }
  /// Nothing can be sent any more.
  bool dead() const { return cut_ || timed_out_ || stream_->peer() == PeerState::gone; }

 private:
  void expire() {
    timed_out_ = true;
    wakeup_.notify();
  }

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  bool cut_ = false;
  bool timed_out_ = false;
  Deadline deadline_{loop_.deadlines(), [this] { expire(); }};
  Wakeup wakeup_;  // Last: it goes first, and with it a coroutine that sleeps on it.
};

}  // namespace kismet
