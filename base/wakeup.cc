#include "base/wakeup.h"

#include <boost/asio/post.hpp>

#include "base/turn.h"

namespace kismet {

void Wakeup::notify() {
  if (is_linked()) return;  // About to go on.
  if (!waiter_) {
    rung_ = true;
  } else if (Turn* turn = Turn::current()) {
    turn->add(*this);
  } else {
    post();
  }
}

void Wakeup::post() {
  Waiter waiter = std::move(*waiter_);
  waiter_.reset();
  net::post(executor_, std::move(waiter));
}

void Wakeup::resume() {
  Waiter waiter = std::move(*waiter_);
  waiter_.reset();
  std::move(waiter)();
}

}  // namespace kismet
