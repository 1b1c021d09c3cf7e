#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <optional>
#include <utility>

#include "base/async.h"

namespace kismet {

/// A doorbell: one coroutine sleeps on it, any number of sources ring it ("data came", "the client left", "time is
/// up"). A ring while nobody sleeps is kept, and many rings before the next sleep are one; the sleeper looks for itself
/// at what happened. The sleeper goes on after the ringing handler has returned, at the end of the loop's Turn or in a
/// turn of its own, so what is done piecemeal until then is seen at once. Thread rule: all members run on the loop of
/// `executor`. Owned by the coroutine that waits, or by the object that it serves; destroying it while somebody waits
/// ends that coroutine without resuming it. A coroutine that sleeps on a doorbell in its own frame must be woken to
/// end.
class Wakeup : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit Wakeup(Executor executor) : executor_(executor) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  const Executor& get_executor() const { return executor_; }

  void notify();

  /// Returns at the next ring, or, after others on the loop had their turn, if one was kept. At most one coroutine
  /// waits at a time.
  auto wait() {
    return net::async_initiate<const UseTask, void()>(
        [this](auto handler) {
          waiter_.emplace(std::move(handler));
          if (std::exchange(rung_, false)) post();
        },
        use_task);
  }

 private:
  friend class Turn;
  using Waiter = net::async_result<UseTask, void()>::handler_type;

  /// Lets the waiter go on, through the loop's queue.
  void post();
  /// The same at once. May destroy this.
  void resume();

  Executor executor_;
  std::optional<Waiter> waiter_;
  bool rung_ = false;
};

}  // namespace kismet
