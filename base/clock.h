#pragma once

#include <chrono>

namespace kismet {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// The time, injected. Thread rule: safe everywhere. Owned by the composition root, outlives all its users.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For intervals and time limits; never jumps.
  virtual SteadyTime now() const { return std::chrono::steady_clock::now(); }
  /// For people and files; may jump.
  virtual WallTime wall_now() const { return std::chrono::system_clock::now(); }
};

/// A clock that a test sets. Thread rule: set and read it on one thread.
class ManualClock final : public Clock {
 public:
  SteadyTime now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  void advance(std::chrono::nanoseconds by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
  }
  void set_wall(WallTime to) { wall_ = to; }

 private:
  SteadyTime now_{std::chrono::hours{1}};
  WallTime wall_{std::chrono::seconds{1'700'000'000}};
};

}  // namespace kismet
