#include "base/deadlines.h"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

using namespace kismet;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  ManualClock clock;
  net::io_context context;
  Deadlines deadlines{context.get_executor(), clock};

  void after(std::chrono::nanoseconds time) {
    clock.advance(time);
    deadlines.sweep();
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a deadline expires once, when its time has come") {
  int expired = 0;
  Deadline deadline(deadlines, [&] { ++expired; });
  deadline.set(10ms);
  after(9ms);
  CHECK(expired == 0);
  after(1ms);
  CHECK(expired == 1);
  CHECK_FALSE(deadline.is_set());
  after(1h);
  CHECK(expired == 1);
}

TEST_CASE_METHOD(Fixture, "a deadline that is moved later, cleared or destroyed does not expire early") {
  int expired = 0;
  Deadline moved(deadlines, [&] { ++expired; });
  Deadline cleared(deadlines, [&] { expired += 100; });
  auto destroyed = std::make_unique<Deadline>(deadlines, [&] { expired += 10'000; });
  moved.set(10ms);
  cleared.set(10ms);
  destroyed->set(10ms);
  moved.set(30ms);
  cleared.clear();
  destroyed.reset();
  after(20ms);
  CHECK(expired == 0);
  after(10ms);
  CHECK(expired == 1);
  CHECK(deadlines.next() == SteadyTime::max());
}

TEST_CASE_METHOD(Fixture, "a deadline that is moved earlier expires early") {
  int expired = 0;
  Deadline deadline(deadlines, [&] { ++expired; });
  deadline.set(1h);
  deadline.set(5ms);
  after(5ms);
  CHECK(expired == 1);
}

TEST_CASE_METHOD(Fixture, "a deadline may set, clear or destroy itself and others when it expires") {
  int expired = 0;
  auto other = std::make_unique<Deadline>(deadlines, [&] { expired += 100; });
  std::unique_ptr<Deadline> self;
  self = std::make_unique<Deadline>(deadlines, [&] {
    ++expired;
    other.reset();
    self.reset();
  });
  Deadline again(deadlines, [&] {
    if (++expired < 5) again.set(0ms);
  });
  self->set(1ms);
  other->set(2ms);
  after(5ms);
  CHECK(expired == 1);
  again.set(1ms);
  for (int i = 0; i < 10; ++i) after(1ms);
  CHECK(expired == 5);
}

TEST_CASE_METHOD(Fixture, "many deadlines expire in order of time") {
  std::mt19937 random(3);
  std::vector<std::unique_ptr<Deadline>> all;
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    const int when = static_cast<int>(random() % 10'000);
    all.push_back(std::make_unique<Deadline>(deadlines, [&order, when] { order.push_back(when); }));
    all.back()->set(std::chrono::microseconds{when});
    if (i % 3 == 0) all[random() % all.size()].reset(new Deadline(deadlines, [] {}));
  }
  const std::size_t left = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& deadline) { return deadline->is_set(); }));
  for (int i = 0; i < 20; ++i) after(1ms);
  CHECK(order.size() == left);
  CHECK(std::is_sorted(order.begin(), order.end(), [](int a, int b) { return a / 1000 < b / 1000; }));
}

TEST_CASE("a callback that throws does not stop the deadlines behind it") {
  Clock clock;
  net::io_context context;
  Deadlines deadlines(context.get_executor(), clock);
  int expired = 0;
  Deadline bad(deadlines, [] { throw std::runtime_error("on purpose"); });
  Deadline good(deadlines, [&] { ++expired; });
  bad.set(1ms);
  good.set(20ms);
  CHECK_THROWS_WITH(context.run(), "on purpose");
  context.run();
  CHECK(expired == 1);
}

TEST_CASE("the real timer calls what is due, and sleeps when nothing is") {
  Clock clock;
  net::io_context context;
  Deadlines deadlines(context.get_executor(), clock);
  int expired = 0;
  Deadline soon(deadlines, [&] { ++expired; });
  Deadline sooner(deadlines, [&] { ++expired; });
  soon.set(20ms);
  sooner.set(1ms);
  context.run();  // Returns because no timer is armed any more.
  CHECK(expired == 2);
}
