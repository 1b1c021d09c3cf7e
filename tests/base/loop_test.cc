#include "base/loop.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include "base/replicated.h"

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
