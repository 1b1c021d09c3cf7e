#include "base/turn.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/task_group.h"

using namespace kismet;

namespace {

struct Sleepers {
  void poll() {
    loop.context().restart();
    loop.context().poll();
  }
  /// A coroutine that writes down `name` each time it is woken, and then rings `next`.
  Task<void> sleep(Wakeup& on, char name, Wakeup* next = nullptr) {
    for (;;) {
      co_await on.wait();
      woken += name;
      if (next) next->notify();
    }
  }
  void spawn(Wakeup& on, char name, Wakeup* next = nullptr) {
    tasks.spawn({name}, sleep(on, name, next));
    poll();
  }

  Clock clock;
  Loop loop{clock};
  TaskGroup tasks{loop.get_executor(), {}};
  std::string woken;
  Wakeup a{loop.get_executor()};
  Wakeup b{loop.get_executor()};
};

}  // namespace

TEST_CASE_METHOD(Sleepers, "who is rung in a turn goes on at its end, in the order of the rings") {
  spawn(a, 'a');
  spawn(b, 'b');
  Turn turn;
  b.notify();
  a.notify();
  b.notify();
  CHECK(woken.empty());
  turn.finish();
  CHECK(woken == "ba");
}

TEST_CASE_METHOD(Sleepers, "who is rung by one who goes on does so in the same turn") {
  spawn(a, 'a', &b);
  spawn(b, 'b');
  Turn turn;
  a.notify();
  turn.finish();
  CHECK(woken == "ab");
}

TEST_CASE_METHOD(Sleepers, "two who ring each other do not keep a turn from ending") {
  spawn(a, 'a', &b);
  spawn(b, 'b', &a);
  {
    Turn turn;
    a.notify();
    turn.finish();
  }
  const std::size_t in_turn = woken.size();
  CHECK(in_turn > 2);
  loop.context().restart();
  loop.context().run_one();
  CHECK(woken.size() == in_turn + 1);
}

TEST_CASE_METHOD(Sleepers, "who has not gone on when a turn ends goes through the loop's queue") {
  spawn(a, 'a');
  {
    Turn turn;
    a.notify();
  }
  CHECK(woken.empty());
  poll();
  CHECK(woken == "a");
}

TEST_CASE_METHOD(Sleepers, "a ring that nobody heard is kept past its turn") {
  {
    Turn turn;
    a.notify();
    turn.finish();
  }
  spawn(a, 'a');
  CHECK(woken == "a");
}

TEST_CASE_METHOD(Sleepers, "a doorbell that is destroyed in a turn wakes nobody") {
  std::optional<Wakeup> short_lived(std::in_place, loop.get_executor());
  spawn(*short_lived, 'x');
  spawn(a, 'a');
  Turn turn;
  short_lived->notify();
  a.notify();
  short_lived.reset();
  turn.finish();
  CHECK(woken == "a");
}
