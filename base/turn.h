#pragma once

#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>
#include <utility>

#include "base/wakeup.h"

namespace kismet {

/// One turn of a loop: the events that are there are noted, all of them, and then everybody whom they have rung goes
/// on, in the order of the rings, without asking the system in between whether there are more. Who is rung meanwhile
/// has their place at the end of the same turn; so many requests leave for a helper, and many frames for a client, in
/// one write. Thread rule: a local variable of the loop's thread; of several, the innermost counts.
class Turn {
 public:
  Turn();
  /// Who has not gone on goes through the loop's queue.
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Lets everybody go on, up to a number that keeps new events from waiting for long.
  void finish();

 private:
  friend class Wakeup;
  /// The turn that the calling thread is in, or null.
  static Turn* current();
  void add(Wakeup& rung) { rung_.push_back(rung); }

  Turn* const outer_;
  boost::intrusive::list<Wakeup, boost::intrusive::constant_time_size<false>> rung_;
};

/// A completion handler that the loop calls, made a turn: its coroutine goes on, and then those whom it has rung.
template <typename Handler>
class AsTurn {
 public:
  explicit AsTurn(Handler handler) : handler_(std::move(handler)) {}

  template <typename... Results>
  void operator()(Results&&... results) {
    Turn turn;
    std::move(handler_)(std::forward<Results>(results)...);
    turn.finish();
  }

 private:
  Handler handler_;
};

/// Lets others on the loop have their turn; the caller goes on in one of its own.
inline auto next_turn(const Executor& executor) {
  return net::async_initiate<const UseTask, void()>(
      [](auto handler, const Executor& on) { net::post(on, AsTurn(std::move(handler))); }, use_task, executor);
}

}  // namespace kismet
