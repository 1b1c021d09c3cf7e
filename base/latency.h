#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/tally.h"

namespace kismet {

/// The buckets that times are sorted into: four to each doubling of microseconds, so that none is wider than a quarter
/// of its values, from 0 to 134 s; the last holds all that is longer.
struct LatencyBuckets {
  static constexpr std::size_t kCount = 100;

  static constexpr std::size_t of(std::uint64_t us) {
    if (us < 8) return us / 2;
    const auto octave = static_cast<unsigned>(std::bit_width(us)) - 1;
    const std::size_t bucket = (octave - 2) * std::size_t{4} + ((us >> (octave - 2)) & 3);
    return bucket < kCount ? bucket : kCount - 1;
  }
  /// The smallest number of microseconds in `bucket`.
  static constexpr std::uint64_t begin(std::size_t bucket) {
    return bucket < 4 ? bucket * 2 : (4 + bucket % 4) << (bucket / 4);
  }
};

/// How long things took. Thread rule: add() on one thread, reading everywhere.
class LatencyHistogram {
 public:
  void add(std::chrono::nanoseconds time) {
    const auto us = static_cast<std::uint64_t>(time.count() > 0 ? time.count() / 1000 : 0);
    buckets_[LatencyBuckets::of(us)].add();
    sum_us_.add(us);
    max_us_.raise(us);
  }

 private:
  friend struct Latencies;
  std::array<Tally, LatencyBuckets::kCount> buckets_;
  Tally sum_us_;
  Tally max_us_;
};

/// Histograms added up, to be read. Thread rule: a value.
struct Latencies {
  std::array<std::uint64_t, LatencyBuckets::kCount> buckets{};
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  std::uint64_t max_us = 0;

  void add(const LatencyHistogram& histogram);
  void add(const Latencies& other);
  /// The time that `share` (0 to 1) of them did not exceed, in milliseconds; 0 if there are none.
  double quantile_ms(double share) const;
  double max_ms() const { return static_cast<double>(max_us) / 1000; }
  /// How many took less than 2^`octave` microseconds.
  std::uint64_t below(unsigned octave) const;
};

}  // namespace kismet
