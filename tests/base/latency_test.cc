#include "base/latency.h"

#include <catch2/catch.hpp>

using namespace kismet;
using namespace std::chrono_literals;

namespace {

Latencies sum_of(const LatencyHistogram& histogram) {
  Latencies sum;
  sum.add(histogram);
  return sum;
}

}  // namespace

TEST_CASE("every bucket holds the times from its begin to the begin of the next") {
  for (std::size_t i = 0; i + 1 < LatencyBuckets::kCount; ++i) {
    REQUIRE(LatencyBuckets::of(LatencyBuckets::begin(i)) == i);
    REQUIRE(LatencyBuckets::of(LatencyBuckets::begin(i + 1) - 1) == i);
  }
  CHECK(LatencyBuckets::of(UINT64_MAX) == LatencyBuckets::kCount - 1);
}

TEST_CASE("quantiles are right to a quarter, and never over the longest time") {
  LatencyHistogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add(std::chrono::milliseconds(i));
  const Latencies sum = sum_of(histogram);
  CHECK(sum.count == 100);
  CHECK(sum.max_ms() == 100);
  CHECK(sum.sum_us == 5'050'000);
  CHECK(sum.quantile_ms(0.5) == Approx(50).epsilon(0.25));
  CHECK(sum.quantile_ms(0.99) == Approx(99).epsilon(0.25));
  CHECK(sum.quantile_ms(1) <= 100);
  CHECK(Latencies{}.quantile_ms(0.5) == 0);
}

TEST_CASE("times below a doubling of microseconds are counted to it exactly") {
  LatencyHistogram histogram;
  for (const auto time : {1us, 127us, 128us, 255us, 256us}) histogram.add(time);
  const Latencies sum = sum_of(histogram);
  CHECK(sum.below(7) == 2);
  CHECK(sum.below(8) == 4);
  CHECK(sum.below(9) == 5);
  CHECK(sum.below(26) == 5);
}

TEST_CASE("a time that no bucket is made for counts in the last") {
  LatencyHistogram histogram;
  histogram.add(1h);
  histogram.add(-5s);
  const Latencies sum = sum_of(histogram);
  CHECK(sum.count == 2);
  CHECK(sum.below(26) == 1);
  CHECK(sum.quantile_ms(1) > 100'000);
}
