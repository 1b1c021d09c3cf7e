#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/latency.h"

namespace kismet {

/// Metrics as Prometheus reads them: text format 0.0.4. A family is named once, then come its samples.
/// Thread rule: one thread at a time.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// A count that only grows while what it counts lives; its name ends in _total.
  void counter(std::string_view name, std::string_view help) { family(name, "counter", help); }
  /// A value that goes up and down.
  void gauge(std::string_view name, std::string_view help) { family(name, "gauge", help); }
  /// A sample of the family begun last.
  template <std::integral Number>
  void sample(Labels labels, Number value) {
    line(labels, std::to_string(value));
  }
  void sample(Labels labels, double value);
  /// Times in seconds, in buckets of doublings of microseconds; after it come its distributions.
  void histogram(std::string_view name, std::string_view help) { family(name, "histogram", help); }
  void distribution(Labels labels, const Latencies& times);

  std::string take() && { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void line(Labels labels, std::string_view value, std::string_view suffix = {}, std::string_view le = {});

  std::string text_;
  std::string name_;
};

}  // namespace kismet
