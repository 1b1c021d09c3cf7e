#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace kismet::bench {

/// The monotonic clock, in nanoseconds: the same for all processes of the machine.
inline std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Times that were measured, and what there is to say of them.
/// Thread rule: one thread.
class Samples {
 public:
  void add(std::int64_t ns) { ns_.push_back(ns); }
  void clear() { ns_.clear(); }
  std::size_t count() const { return ns_.size(); }

  /// {"count": N, "p50": ms, "p90": ms, "p99": ms, "max": ms}
  std::string json() {
    std::sort(ns_.begin(), ns_.end());
    std::string text = "{\"count\": " + std::to_string(ns_.size());
    text += ", \"p50\": " + at(0.50) + ", \"p90\": " + at(0.90) + ", \"p99\": " + at(0.99) + ", \"max\": " + at(1);
    return text + "}";
  }

 private:
  std::string at(double fraction) const {
    if (ns_.empty()) return "null";
    const auto index = static_cast<std::size_t>(fraction * static_cast<double>(ns_.size() - 1));
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", static_cast<double>(ns_[index]) / 1e6);
    return text;
  }

  std::vector<std::int64_t> ns_;
};

}  // namespace kismet::bench
