#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "bench/clients/samples.h"

namespace kismet::bench {

/// The numbered, time-stamped things of one source as they arrive: which are missing, how late, how far apart.
struct Arrivals {
  std::uint64_t next = 0;  // Number that must come next.
  std::int64_t last = 0;   // When the last one came.
  std::int64_t longest_gap = 0;

  /// Returns how many are missing before it.
  std::uint64_t add(std::uint64_t number, std::int64_t now) {
    const std::uint64_t missing = number > next ? number - next : 0;
    next = number + 1;
    if (last != 0) longest_gap = std::max(longest_gap, now - last);
    last = now;
    return missing;
  }
};

}  // namespace kismet::bench
