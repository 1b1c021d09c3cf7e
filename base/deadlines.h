#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <vector>

#include "base/async.h"
#include "base/clock.h"

namespace kismet {

class Deadline;

/// All time limits of one loop behind one timer. Setting a deadline later than before, which a busy connection does at
/// every request, costs a store; the timer is touched only when a new deadline is the earliest, and is not armed at all
/// while there is none.
/// Thread rule: all members run on the loop of `executor`. Owned by the Loop; every Deadline dies before it.
class Deadlines {
 public:
  Deadlines(Executor executor, const Clock& clock);
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  /// Calls what is due and arms the timer for the rest. The timer calls this; so does a test after it moved its clock.
  void sweep();
  /// The next moment at which sweep() has work, or time_point::max().
  SteadyTime next() const;
  const Clock& clock() const { return clock_; }

 private:
  friend class Deadline;
  void insert(Deadline& deadline);
  void erase(Deadline& deadline);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  void place(std::size_t index, Deadline* deadline);
  void arm();

  const Clock& clock_;
  net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, Executor> timer_;
  SteadyTime armed_for_ = SteadyTime::max();
  std::vector<Deadline*> heap_;  // A binary heap by Deadline::key_.
};

/// One time limit, a member of what it limits: set() it, clear() it, or be called back when it has passed.
/// Thread rule: the loop of its Deadlines. The callback may set, clear or destroy the deadline.
class Deadline {
 public:
  Deadline(Deadlines& owner, std::function<void()> expired) : owner_(owner), expired_(std::move(expired)) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Expires `after` from now; replaces what was set before.
  void set(std::chrono::nanoseconds after);
  /// Leaves its place in the heap to the next sweep, so that set and clear at every request cost two stores.
  void clear() { at_ = SteadyTime::max(); }
  bool is_set() const { return at_ != SteadyTime::max(); }

 private:
  friend class Deadlines;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  Deadlines& owner_;
  std::function<void()> expired_;
  SteadyTime at_ = SteadyTime::max();  // When it expires.
  SteadyTime key_{};                   // Where it stands in the heap: never later than at_.
  std::size_t index_ = kNowhere;
};

}  // namespace kismet
