#include "external/helper_budgets.h"

#include <utility>

namespace kismet {

namespace {

constexpr std::chrono::minutes kTellAgain{1};

std::string_view thing_of(BudgetKind kind) {
  switch (kind) {
    case BudgetKind::requests:
      return "open requests";
    case BudgetKind::bytes:
      return "bytes a second";
    case BudgetKind::messages:
      return "messages a second";
    case BudgetKind::events:
      return "events a second";
  }
  return "things";
}

std::string_view measure_of(BudgetKind kind) {
  switch (kind) {
    case BudgetKind::requests:
      return "more are refused";
    case BudgetKind::bytes:
      return "it is read more slowly";
    case BudgetKind::messages:
    case BudgetKind::events:
      return "more are dropped and counted";
  }
  return "";
}

}  // namespace

SessionSettings with_budgets(const HelperDefinition& definition, SessionSettings settings) {
  settings.open_exchanges = definition.open_requests.value_or(settings.open_exchanges);
  settings.bytes_a_second = definition.bytes_a_second.value_or(settings.bytes_a_second);
  settings.messages_a_second = definition.messages_a_second.value_or(settings.messages_a_second);
  settings.events_a_second = definition.events_a_second.value_or(settings.events_a_second);
  return settings;
}

HelperBudgets::HelperBudgets(Deadlines& deadlines, const SessionSettings& settings, SessionCounters& counters,
                             std::function<Requests()> requests, Tell tell)
    : clock_(deadlines.clock()),
      counters_(counters),
      patience_(settings.budget_patience),
      requests_(std::move(requests)),
      tell_(std::move(tell)),
      budgets_{Budget(settings.open_exchanges, settings.budget_warning, settings.budget_patience),
               Budget(settings.bytes_a_second, settings.budget_warning, settings.budget_patience),
               Budget(settings.messages_a_second, settings.budget_warning, settings.budget_patience),
               Budget(settings.events_a_second, settings.budget_warning, settings.budget_patience)},
      second_over_(deadlines, [this] { second_over(); }) {}

void HelperBudgets::second_over() {
  const Requests requests = requests_();
  const bool refused = requests.refused != std::exchange(refused_before_, requests.refused);
  of(BudgetKind::requests).hold(requests.open, refused);
  bool busy = false;
  std::array<BudgetStep, kBudgetKinds> steps{};
  for (std::size_t i = 0; i < kBudgetKinds; ++i) {
    steps[i] = budgets_[i].second_over();
    busy |= steps[i] != BudgetStep::none;
  }
  second_over_.clear();
  if (busy) second_over_.set(std::chrono::seconds{1});  // What goes on without pause is seen to pause.
  for (std::size_t i = 0; i < kBudgetKinds; ++i) {
    if (steps[i] == BudgetStep::none) continue;
    ++(steps[i] == BudgetStep::warn ? counters_.budget_warnings : counters_.budget_throttles)[i];
    tell(static_cast<BudgetKind>(i), steps[i]);
  }
}

void HelperBudgets::tell(BudgetKind kind, BudgetStep step) {
  const Budget& budget = of(kind);
  std::optional<SteadyTime>& last = told_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(step)];
  const SteadyTime now = clock_.now();
  if (last && now - *last < kTellAgain) return;
  last = now;
  const std::string limit = std::to_string(budget.limit()) + " " + std::string(thing_of(kind));
  BudgetNotice notice{kind, step, budget.last_used(), budget.limit(), {}};
  if (step == BudgetStep::warn) {
    notice.text = "uses " + std::to_string(notice.used) + " of its budget of " + limit;
  } else if (step == BudgetStep::throttle) {
    notice.text = "is over its budget of " + limit + ": " + std::string(measure_of(kind));
  } else {
    notice.text = "was over its budget of " + limit + " for " + std::to_string(patience_.count() / 1000) + " s";
  }
  tell_(notice);
}

}  // namespace kismet
