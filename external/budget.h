#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kismet {

enum class BudgetKind : std::uint8_t { requests, bytes, messages, events };
constexpr std::size_t kBudgetKinds = 4;

std::string_view to_string(BudgetKind kind);

/// What follows from the use of a budget in one second.
enum class BudgetStep : std::uint8_t {
  none,
  warn,      // It comes near: people are told.
  throttle,  // It is over: what is too much is held back.
  restart,   // It has been over for too long without pause.
};

std::string_view to_string(BudgetStep step);

/// What one helper may use of one thing, second by second. Knows no clock: it is told when a second is over.
/// Thread rule: none. Owned by HelperBudgets.
class Budget {
 public:
  /// `limit` 0 is no limit. `warning`: the part of it from which on a second is one to warn of. `patience`: as long as
  /// it may be over without pause; 0 is for ever.
  Budget(std::size_t limit, double warning, std::chrono::milliseconds patience);

  /// Whether `amount` more is within the budget of this second.
  bool use(std::size_t amount) {
    used_ += amount;
    return !over();
  }
  /// For what is not used up, but taken and given back: the most that is taken in this second, and whether more was
  /// wanted than there is.
  void hold(std::size_t taken, bool more_wanted);
  /// Whether this second's budget is used up, so that more has to wait.
  bool over() const { return limit_ > 0 && used_ > limit_; }

  /// The second is over: what was it?
  BudgetStep second_over();
  std::size_t limit() const { return limit_; }
  /// In the second that was over last.
  std::size_t last_used() const { return last_used_; }
  bool idle() const { return used_ == 0; }

 private:
  std::size_t limit_;
  std::size_t warn_at_;
  std::uint64_t patience_;  // Seconds; 0: for ever.
  std::size_t used_ = 0;
  std::size_t last_used_ = 0;
  std::uint64_t over_in_row_ = 0;
};

}  // namespace kismet
