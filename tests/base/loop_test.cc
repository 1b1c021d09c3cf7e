#include "base/loop.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include "base/replicated.h"
#include "base/task_group.h"

using namespace kismet;

TEST_CASE("each loop runs on a thread of its own, and a handler that throws does not end it") {
  Clock clock;
  Loops loops(clock, 4);
  std::atomic<int> ran{0};
  std::atomic<int> thrown{0};
  for (std::size_t i = 0; i < loops.size(); ++i) {
    Loop& loop = loops.at(i);
    net::post(loop.get_executor(), [] { throw std::runtime_error("a bug"); });
    net::post(loop.get_executor(), [&, i] {
      for (std::size_t other = 0; other < loops.size(); ++other) {
        if (loops.at(other).here() != (other == i)) return;
      }
      if (++ran == 4) loops.request_stop();
    });
  }
  loops.run([&](const std::string&) { ++thrown; });
  CHECK(ran == 4);
  CHECK(thrown == 4);
}

TEST_CASE("a replicated table has the same changes in the same order on every loop") {
  Clock clock;
  Loops loops(clock, 4);
  Replicated<std::vector<int>> table(loops, [](Loop&) { return std::make_shared<std::vector<int>>(); });
  std::atomic<int> checked{0};
  std::atomic<int> right{0};
  net::post(loops.first().get_executor(), [&] {
    for (int i = 0; i < 100; ++i) table.update([i](std::vector<int>& copy) { copy.push_back(i); });
    for (std::size_t l = 0; l < loops.size(); ++l) {
      net::post(loops.at(l).get_executor(), [&, l] {
        std::vector<int>& copy = table.local(loops.at(l));
        right += copy.size() == 100 && std::is_sorted(copy.begin(), copy.end());
        if (++checked == 4) loops.request_stop();
      });
    }
  });
  loops.run([](const std::string&) {});
  CHECK(right == 4);
}

namespace {

Task<void> wait_with_deadline(Loop& loop, bool& destroyed) {
  struct OnEnd {
    explicit OnEnd(bool& f) : flag(f) {}
    ~OnEnd() { flag = true; }
    bool& flag;
  };
  net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, Executor> never(
      loop.get_executor(), std::chrono::hours{1});
  Deadline limit(loop.deadlines(), [] {});
  const OnEnd on_end(destroyed);
  limit.set(std::chrono::hours{1});
  co_await never.async_wait(use_task);
}

}  // namespace

TEST_CASE("what still waits when the loops stop is destroyed before run returns") {
  Clock clock;
  Loops loops(clock, 2);
  bool destroyed = false;
  TaskGroup tasks(loops.at(1).get_executor(), {});
  net::post(loops.at(1).get_executor(), [&] {
    tasks.spawn("waits", wait_with_deadline(loops.at(1), destroyed));
    net::post(loops.at(1).get_executor(), [&] { loops.request_stop(); });
  });
  loops.run([](const std::string&) {});
  CHECK(destroyed);
}

TEST_CASE("a loop that never ran destroys what waits before its time limits") {
  Clock clock;
  bool destroyed = false;
  {
    Loop loop(clock);
    TaskGroup tasks(loop.get_executor(), {});
    tasks.spawn("waits", wait_with_deadline(loop, destroyed));
    loop.context().poll();
    CHECK_FALSE(destroyed);
  }
  CHECK(destroyed);
}
