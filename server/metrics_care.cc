#include "server/metrics_care.h"

#include <string_view>

#include "external/budget.h"

namespace kismet {

namespace {

using Seconds = std::array<std::uint64_t, kBudgetKinds>;

void budget_metrics(MetricsText& text, const std::vector<HelperView>& helpers, Seconds SessionCounters::*seconds) {
  for (const HelperView& helper : helpers) {
    const Seconds& counted = helper.snapshot.counters.*seconds;
    for (std::size_t i = 0; i < kBudgetKinds; ++i) {
      text.sample({{"helper", helper.snapshot.name}, {"budget", to_string(static_cast<BudgetKind>(i))}}, counted[i]);
    }
  }
}

}  // namespace

void care_metrics(MetricsText& text, const std::vector<HelperView>& helpers, std::size_t waiting) {
  text.gauge("kismet_waiting_requests", "Requests that wait for a helper that restarts.");
  text.sample({}, waiting);
  text.counter("kismet_helper_budget_warned_seconds_total", "Seconds in which it came near a budget.");
  budget_metrics(text, helpers, &SessionCounters::budget_warnings);
  text.counter("kismet_helper_budget_throttled_seconds_total", "Seconds in which it was over a budget.");
  budget_metrics(text, helpers, &SessionCounters::budget_throttles);
  text.counter("kismet_helper_swaps_total", "Times that it was given another process, by how that went.");
  for (const HelperView& helper : helpers) {
    text.sample({{"helper", helper.snapshot.name}, {"result", "done"}}, helper.swap.done);
    text.sample({{"helper", helper.snapshot.name}, {"result", "failed"}}, helper.swap.failed);
  }
}

}  // namespace kismet
