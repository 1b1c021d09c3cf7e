#include "base/worker.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>

#include "tests/support/run_task.h"

using namespace kismet;
using kismet::testing::run_task;

namespace {

struct Answer {
  std::thread::id job_ran_on;
  std::thread::id resumed_on;
  int value = 0;
};

Task<Answer> compute(Worker& worker, Loop& loop, int input) {
  Answer answer;
  auto job = [input, &answer] {
    answer.job_ran_on = std::this_thread::get_id();
    return std::make_unique<int>(input * 2);
  };
  const std::optional<std::unique_ptr<int>> result = co_await worker.run(loop.get_executor(), std::move(job));
  answer.resumed_on = std::this_thread::get_id();
  answer.value = result ? **result : -1;
  co_return answer;
}

Task<void> compute_and_throw(Worker& worker, Loop& loop) {
  auto job = [] { throw std::runtime_error("on purpose"); };
  co_await worker.run(loop.get_executor(), job);
}

/// Holds a worker's thread in a job until let_go().
struct Block {
  explicit Block(Worker& worker) {
    REQUIRE(worker.post([this, may_end = released.get_future().share()] {  // The block may be gone by then.
      started.set_value();
      may_end.wait();
    }));
    started.get_future().wait();
  }
  void let_go() { released.set_value(); }
  std::promise<void> started;
  std::promise<void> released;
};

}  // namespace

TEST_CASE("a job runs on the worker's thread and its result comes back on the caller's loop") {
  const Clock clock;
  Loop loop(clock);
  Worker worker("test");
  const Answer answer = run_task(loop, compute(worker, loop, 21));
  CHECK(answer.value == 42);
  CHECK(answer.job_ran_on != std::this_thread::get_id());
  CHECK(answer.resumed_on == std::this_thread::get_id());
}

TEST_CASE("what a job throws is thrown to the one who awaits it, and the worker goes on") {
  const Clock clock;
  Loop loop(clock);
  Worker worker("test");
  CHECK_THROWS_WITH(run_task(loop, compute_and_throw(worker, loop)), "on purpose");
  CHECK(run_task(loop, compute(worker, loop, 1)).value == 2);
}

TEST_CASE("a full queue refuses at once, both posts and awaited jobs") {
  const Clock clock;
  Loop loop(clock);
  Worker worker("test", 1);
  Block block(worker);
  std::atomic<int> ran = 0;
  CHECK(worker.post([&] { ++ran; }));
  CHECK_FALSE(worker.post([&] { ++ran; }));
  CHECK(run_task(loop, compute(worker, loop, 1)).value == -1);
  CHECK(worker.pending() == 2);
  block.let_go();
  while (worker.pending() > 0) std::this_thread::yield();
  CHECK(ran == 1);
}

TEST_CASE("a worker that ends runs what is queued, in order") {
  std::string order;
  {
    Worker worker("test");
    Block block(worker);
    for (const char c : std::string("abc")) worker.post([&order, c] { order += c; });
    block.let_go();
  }
  CHECK(order == "abc");
}

TEST_CASE("an exception of a job that nobody awaits is reported, and the worker goes on") {
  std::string reported;
  bool went_on = false;
  {
    Worker worker("test", 8, [&](const std::string& what) { reported = what; });
    worker.post([] { throw std::runtime_error("lost"); });
    worker.post([&] { went_on = true; });
  }
  CHECK(reported == "lost");
  CHECK(went_on);
}

TEST_CASE("a worker that is finished has run what was queued, and takes no more") {
  Worker worker("test");
  int ran = 0;
  for (int i = 0; i < 10; ++i) REQUIRE(worker.post([&ran] { ++ran; }));
  worker.finish();
  CHECK(ran == 10);
  CHECK_FALSE(worker.post([&ran] { ++ran; }));
  worker.finish();
  CHECK(ran == 10);
}
