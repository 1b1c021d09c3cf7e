#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace kismet {

namespace net = boost::asio;

/// Everything asynchronous here runs on a Loop; naming its executor spares Asio's type-erased one.
using Executor = net::io_context::executor_type;

/// A coroutine of this program. It starts when awaited or spawned (TaskGroup) and runs on one Loop.
template <typename T = void>
using Task = net::awaitable<T, Executor>;

using UseTask = net::use_awaitable_t<Executor>;
inline constexpr UseTask use_task;

}  // namespace kismet
