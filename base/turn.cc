#include "base/turn.h"

namespace kismet {

namespace {

constexpr int kMost = 1024;  // Coroutines that go on in one turn.

thread_local Turn* current_turn = nullptr;

}  // namespace

Turn::Turn() : outer_(current_turn) {
  current_turn = this;
}

Turn::~Turn() {
  current_turn = outer_;
  while (!rung_.empty()) {
    Wakeup& next = rung_.front();
    rung_.pop_front();
    next.post();
  }
}

Turn* Turn::current() {
  return current_turn;
}

void Turn::finish() {
  for (int left = kMost; left > 0 && !rung_.empty(); --left) {
    Wakeup& next = rung_.front();
    rung_.pop_front();
    next.resume();
  }
}

}  // namespace kismet
