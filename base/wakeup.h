#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "base/async.h"

namespace kismet {

/// A doorbell: one coroutine sleeps on it, any number of sources ring it ("data came", "the client left", "time is up").
/// A ring while nobody sleeps is kept, and many rings before the next sleep are one; the sleeper looks for itself at
/// what happened. The sleeper resumes in a turn of its own after the ringing handler has returned, so what one handler
/// does piecemeal is seen at once.
/// Thread rule: all members run on the loop of `executor`.
/// Owned by the coroutine that waits, or by the object that it serves; destroying it while somebody waits ends that
/// coroutine without resuming it. A coroutine that sleeps on a doorbell in its own frame must be woken to end.
class Wakeup {
 public:
  explicit Wakeup(Executor executor) : executor_(executor) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  const Executor& get_executor() const { return executor_; }

  void notify() {
    if (waiter_) {
      std::exchange(waiter_, nullptr)->resume(executor_);
    } else {
      rung_ = true;
    }
  }

  /// Returns at the next ring, or at once if one was kept. At most one coroutine waits at a time.
  auto wait() {
    return net::async_initiate<const UseTask, void()>(
        [this](auto handler) {
          using Resume = decltype(handler);
          if (std::exchange(rung_, false)) {
            net::post(executor_, std::move(handler));
          } else {
            waiter_ = std::make_unique<WaiterFor<Resume>>(std::move(handler));
          }
        },
        use_task);
  }

 private:
  struct Waiter {
    virtual ~Waiter() = default;
    virtual void resume(const Executor& executor) = 0;
  };
  template <typename Handler>
  struct WaiterFor final : Waiter {
    explicit WaiterFor(Handler h) : handler(std::move(h)) {}
    void resume(const Executor& executor) override { net::post(executor, std::move(handler)); }
    Handler handler;
  };

  Executor executor_;
  std::unique_ptr<Waiter> waiter_;
  bool rung_ = false;
};

}  // namespace kismet
