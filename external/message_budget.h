#pragma once

#include <cstdint>
#include <functional>

#include "base/deadlines.h"

namespace kismet {

/// How many lines one helper may cause a second; 0 is any number. What is over it is not said, but counted, and the
/// count is said. Thread rule: the loop of its Deadlines. Owned by the session.
class MessageBudget {
 public:
  /// `report` is called with the number of suppressed lines at the end of a second that had some.
  MessageBudget(Deadlines& deadlines, std::size_t lines_a_second, std::function<void(std::uint64_t suppressed)> report);

  /// Whether one more line may be said now.
  bool allow();
  /// Reports at once what is left to report.
  void flush();

 private:
  const std::size_t lines_a_second_;
  std::function<void(std::uint64_t)> report_;
  std::size_t said_ = 0;
  std::uint64_t suppressed_ = 0;
  Deadline second_over_;
};

}  // namespace kismet
