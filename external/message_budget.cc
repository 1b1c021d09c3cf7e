#include "external/message_budget.h"

#include <utility>

namespace kismet {

MessageBudget::MessageBudget(Deadlines& deadlines, std::size_t lines_a_second,
                             std::function<void(std::uint64_t)> report)
    : lines_a_second_(lines_a_second), report_(std::move(report)), second_over_(deadlines, [this] { flush(); }) {}

bool MessageBudget::allow() {
  if (!second_over_.is_set()) second_over_.set(std::chrono::seconds{1});
  if (lines_a_second_ == 0 || said_ < lines_a_second_) {
    ++said_;
    return true;
  }
  ++suppressed_;
  return false;
}

void MessageBudget::flush() {
  second_over_.clear();
  said_ = 0;
  if (suppressed_ > 0) report_(std::exchange(suppressed_, 0));
}

}  // namespace kismet
