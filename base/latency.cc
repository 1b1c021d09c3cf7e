#include "base/latency.h"

#include <algorithm>
#include <cmath>

namespace kismet {

void Latencies::add(const LatencyHistogram& histogram) {
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const std::uint64_t more = histogram.buckets_[i].get();
    buckets[i] += more;
    count += more;
  }
  sum_us += histogram.sum_us_.get();
  max_us = std::max(max_us, histogram.max_us_.get());
}

void Latencies::add(const Latencies& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  count += other.count;
  sum_us += other.sum_us;
  max_us = std::max(max_us, other.max_us);
}

double Latencies::quantile_ms(double share) const {
  if (count == 0) return 0;
  const double wanted = std::max(1.0, std::ceil(share * static_cast<double>(count)));
  double before = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (before + here < wanted) {
      before += here;
      continue;
    }
    // As if the times of a bucket were spread over it evenly, but for the last one, whose end nobody knows.
    const auto begin = static_cast<double>(LatencyBuckets::begin(i));
    const double end = i + 1 < buckets.size() ? static_cast<double>(LatencyBuckets::begin(i + 1)) : begin;
    return std::min(begin + (end - begin) * (wanted - before) / here, static_cast<double>(max_us)) / 1000;
  }
  return max_ms();
}

std::uint64_t Latencies::below(unsigned octave) const {
  const std::size_t end = std::min(LatencyBuckets::of(std::uint64_t{1} << octave), buckets.size());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < end; ++i) sum += buckets[i];
  return sum;
}

}  // namespace kismet
