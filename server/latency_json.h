#pragma once

#include <nlohmann/json.hpp>

#include "base/latency.h"

namespace kismet {

/// {"p50", "p99", "max"} in milliseconds.
inline nlohmann::json latency_json(const Latencies& latency) {
  return {{"p50", latency.quantile_ms(0.5)}, {"p99", latency.quantile_ms(0.99)}, {"max", latency.max_ms()}};
}

}  // namespace kismet
