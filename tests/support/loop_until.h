#pragma once

#include <chrono>
#include <functional>

#include "base/loop.h"

namespace kismet::testing {

/// Runs `loop` on this thread until `done` says so; false if that does not come within a generous time.
inline bool run_until(Loop& loop, const std::function<bool()>& done,
                      std::chrono::milliseconds limit = std::chrono::milliseconds(20'000)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.context().restart();
    loop.context().run_one_for(std::chrono::milliseconds(100));
  }
  return true;
}

}  // namespace kismet::testing
