#pragma once

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/loop.h"

namespace kismet::testing {

/// Runs `loop` on this thread until `task` has ended, and returns what it returned or throws what it threw. A task that
/// has not ended after `limit` is a failure (std::runtime_error), so that a test cannot hang.
template <typename T>
T run_task(Loop& loop, Task<T> task, std::chrono::seconds limit = std::chrono::seconds{20}) {
  std::exception_ptr failure;
  bool done = false;
  auto until_done = [&] {
    const auto guard = net::make_work_guard(loop.get_executor());
    const auto deadline = std::chrono::steady_clock::now() + limit;
    loop.context().restart();
    while (!done && std::chrono::steady_clock::now() < deadline) loop.context().run_one_until(deadline);
    if (!done) throw std::runtime_error("the task did not end in time");
    if (failure) std::rethrow_exception(failure);
  };
  if constexpr (std::is_void_v<T>) {
    auto ended = [&](std::exception_ptr error) {
      failure = std::move(error);
      done = true;
    };
    net::co_spawn(loop.get_executor(), std::move(task), ended);
    until_done();
  } else {
    std::optional<T> result;
    auto ended = [&](std::exception_ptr error, T value) {
      failure = std::move(error);
      result.emplace(std::move(value));
      done = true;
    };
    net::co_spawn(loop.get_executor(), std::move(task), ended);
    until_done();
    return std::move(*result);
  }
}

}  // namespace kismet::testing
