#include "base/task_group.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "base/wakeup.h"

namespace kismet {

struct TaskGroup::State {
  State(Executor executor, OnException on) : on_exception(std::move(on)), idle(executor) {}

  void ended(const std::string& name, const std::exception_ptr& error) {
    --running;
    if (error) {
      ++failed;
      report(name, error);
    }
    if (running == 0) idle.notify();
  }

  void report(const std::string& name, const std::exception_ptr& error) const {
    if (!on_exception) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      on_exception(name, e.what());
    } catch (...) {
      on_exception(name, "unknown exception");
    }
  }

  OnException on_exception;
  Wakeup idle;
  std::size_t running = 0;
  std::size_t failed = 0;
};

TaskGroup::TaskGroup(Executor executor, OnException on_exception)
    : executor_(executor), state_(std::make_shared<State>(executor, std::move(on_exception))) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(std::string name, Task<void> task) {
  ++state_->running;
  auto ended = [state = state_, name = std::move(name)](const std::exception_ptr& error) { state->ended(name, error); };
  net::co_spawn(executor_, std::move(task), std::move(ended));
}

std::size_t TaskGroup::running() const { return state_->running; }

std::size_t TaskGroup::failed() const { return state_->failed; }

Task<void> TaskGroup::drained() {
  const std::shared_ptr<State> state = state_;
  while (state->running > 0) co_await state->idle.wait();
}

}  // namespace kismet
