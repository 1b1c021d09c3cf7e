#include "base/task_group.h"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "base/wakeup.h"

using namespace kismet;

namespace {

Task<void> sleep_on(Wakeup& wakeup, int& wakes) {
  co_await wakeup.wait();
  ++wakes;
  co_await wakeup.wait();
  ++wakes;
}

Task<void> fail() {
  throw std::runtime_error("on purpose");
  co_return;
}

Task<void> note_drained(TaskGroup& group, bool& drained) {
  co_await group.drained();
  drained = true;
}

}  // namespace

TEST_CASE("a task group is drained when its last task has ended, and reports the one that threw") {
  net::io_context context;
  std::string report;
  TaskGroup group(context.get_executor(), [&](const std::string& task, const std::string& what) { report = task + ": " + what; });
  TaskGroup watchers(context.get_executor(), {});
  Wakeup wakeup(context.get_executor());
  int wakes = 0;
  bool drained = false;
  group.spawn("sleeper", sleep_on(wakeup, wakes));
  group.spawn("failer", fail());
  watchers.spawn("watcher", note_drained(group, drained));
  context.poll();
  CHECK(report == "failer: on purpose");
  CHECK(group.failed() == 1);
  CHECK(group.running() == 1);
  CHECK_FALSE(drained);
  wakeup.notify();
  context.restart();
  context.poll();
  CHECK(wakes == 1);
  wakeup.notify();
  context.restart();
  context.poll();
  CHECK(wakes == 2);
  CHECK(drained);
}

TEST_CASE("a ring while nobody sleeps is kept, and several are one") {
  net::io_context context;
  TaskGroup group(context.get_executor(), {});
  Wakeup wakeup(context.get_executor());
  int wakes = 0;
  wakeup.notify();
  wakeup.notify();
  wakeup.notify();
  group.spawn("sleeper", sleep_on(wakeup, wakes));
  context.poll();
  CHECK(wakes == 1);
}

TEST_CASE("a task group may die before its tasks, which die with their loop") {
  Wakeup* never = nullptr;
  int wakes = 0;
  {
    net::io_context context;
    Wakeup wakeup(context.get_executor());
    never = &wakeup;
    {
      TaskGroup group(context.get_executor(), {});
      group.spawn("sleeper", sleep_on(*never, wakes));
      context.poll();
    }
  }
  CHECK(wakes == 0);
}
