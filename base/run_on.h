#pragma once

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/loop.h"

namespace kismet {

/// Runs `task` on `target` and resumes the caller on its own loop: a plain await if that is the same. Nothing that the
/// task refers to may die before it has ended.
template <typename T>
Task<T> run_on(Loop& target, Task<T> task) {
  if (target.here()) co_return co_await std::move(task);
  co_return co_await net::co_spawn(target.get_executor(), std::move(task), use_task);
}

}  // namespace kismet
