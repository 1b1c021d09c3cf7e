#pragma once

#include <cstddef>
#include <vector>

#include "server/helper_control.h"
#include "server/metrics_text.h"

namespace kismet {

/// Metrics of how helpers are kept within their budgets and swapped; `waiting` requests wait for one that restarts.
/// Thread rule: safe everywhere.
void care_metrics(MetricsText& text, const std::vector<HelperView>& helpers, std::size_t waiting);

}  // namespace kismet
