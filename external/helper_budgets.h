#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/deadlines.h"
#include "external/budget.h"
#include "external/helper_session.h"

namespace kismet {

/// A step that a helper's use of a budget has led to.
struct BudgetNotice {
  BudgetKind kind = BudgetKind::requests;
  BudgetStep step = BudgetStep::none;
  std::size_t used = 0;  // In the last second.
  std::size_t limit = 0;
  std::string text;  // For people.
};

/// `settings` with the budgets that `definition` has of its own.
SessionSettings with_budgets(const HelperDefinition& definition, SessionSettings settings);

/// The budgets of one session: counts what the helper uses, says what has to be held back, and tells the steps. Each
/// second in which it did something has an end; an idle helper costs nothing.
/// Thread rule: the loop of its Deadlines. Owned by the session.
class HelperBudgets {
 public:
  /// What requests are open; and how many were refused since the session's start, because there were too many.
  struct Requests {
    std::size_t open = 0;
    std::uint64_t refused = 0;
  };
  using Tell = std::function<void(const BudgetNotice& notice)>;

  /// `tell` hears of each step that was not told within the last minute, and of each restart: it ends the helper.
  HelperBudgets(Deadlines& deadlines, const SessionSettings& settings, SessionCounters& counters,
                std::function<Requests()> requests, Tell tell);

  /// So many bytes came from the helper: whether it may be read on.
  bool read(std::size_t bytes) { return use(BudgetKind::bytes, bytes); }
  /// It has sent a message (an event): whether that is within its budget.
  bool message() { return use(BudgetKind::messages, 1); }
  bool event() { return use(BudgetKind::events, 1); }
  /// Whether nothing may be read from it in this second.
  bool holds_reading() const { return of(BudgetKind::bytes).over(); }
  /// The session is over: nothing is called any more.
  void stop() { second_over_.clear(); }

 private:
  bool use(BudgetKind kind, std::size_t amount) {
    if (!second_over_.is_set()) second_over_.set(std::chrono::seconds{1});
    return of(kind).use(amount);
  }
  Budget& of(BudgetKind kind) { return budgets_[static_cast<std::size_t>(kind)]; }
  const Budget& of(BudgetKind kind) const { return budgets_[static_cast<std::size_t>(kind)]; }
  void second_over();
  void tell(BudgetKind kind, BudgetStep step);

  const Clock& clock_;
  SessionCounters& counters_;
  const std::chrono::milliseconds patience_;
  std::function<Requests()> requests_;
  Tell tell_;
  std::array<Budget, kBudgetKinds> budgets_;
  std::array<std::array<std::optional<SteadyTime>, 4>, kBudgetKinds> told_{};  // When each step was told last.
  std::uint64_t refused_before_ = 0;
  Deadline second_over_;
};

}  // namespace kismet
