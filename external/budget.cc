#include "external/budget.h"

#include <algorithm>
#include <utility>

namespace kismet {

std::string_view to_string(BudgetKind kind) {
  switch (kind) {
    case BudgetKind::requests:
      return "requests";
    case BudgetKind::bytes:
      return "bytes";
    case BudgetKind::messages:
      return "messages";
    case BudgetKind::events:
      return "events";
  }
  return "unknown";
}

std::string_view to_string(BudgetStep step) {
  switch (step) {
    case BudgetStep::none:
      return "none";
    case BudgetStep::warn:
      return "warn";
    case BudgetStep::throttle:
      return "throttle";
    case BudgetStep::restart:
      return "restart";
  }
  return "unknown";
}

Budget::Budget(std::size_t limit, double warning, std::chrono::milliseconds patience)
    : limit_(limit),
      warn_at_(std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(limit) * warning))),
      patience_(static_cast<std::uint64_t>((patience.count() + 999) / 1000)) {}

void Budget::hold(std::size_t taken, bool more_wanted) {
  used_ = std::max(used_, more_wanted ? limit_ + 1 : std::min(taken, limit_));
}

BudgetStep Budget::second_over() {
  last_used_ = std::exchange(used_, 0);
  if (limit_ == 0) return BudgetStep::none;
  if (last_used_ <= limit_) {
    over_in_row_ = 0;
    return last_used_ >= warn_at_ ? BudgetStep::warn : BudgetStep::none;
  }
  ++over_in_row_;
  return patience_ > 0 && over_in_row_ >= patience_ ? BudgetStep::restart : BudgetStep::throttle;
}

}  // namespace kismet
