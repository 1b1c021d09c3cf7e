#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/pattern.h"

namespace kismet::bench {

/// What every answer's content must be (bench/pattern.h).
class Pattern {
 public:
  Pattern() : bytes_(BENCH_PATTERN_SIZE, '\0') { bench_pattern_fill(reinterpret_cast<unsigned char*>(bytes_.data())); }

  /// Whether `content` is what belongs at `offset`.
  bool matches(std::uint64_t offset, std::string_view content) const {
    while (!content.empty()) {
      const std::size_t length = std::min<std::size_t>(content.size(), BENCH_PATTERN_PIECE);
      if (std::memcmp(bytes_.data() + offset % BENCH_PATTERN_PERIOD, content.data(), length) != 0) return false;
      offset += length;
      content.remove_prefix(length);
    }
    return true;
  }

 private:
  std::string bytes_;
};

}  // namespace kismet::bench
