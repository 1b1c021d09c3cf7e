#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/async.h"

namespace kismet {

/// The background coroutines of one component. Their owner ends them by closing what they wait on, then awaits
/// drained(); nothing is detached. An exception that leaves a task is a bug: it ends that task, is counted and reported.
/// Thread rule: all members run on the loop of `executor`.
/// Owned by the component; may be destroyed while tasks remain (they are then destroyed with their loop).
class TaskGroup {
 public:
  using OnException = std::function<void(const std::string& task, const std::string& what)>;

  TaskGroup(Executor executor, OnException on_exception);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// `name` says in a report which task it was.
  void spawn(std::string name, Task<void> task);
  std::size_t running() const;
  std::size_t failed() const;
  /// Returns once no task runs. At most one coroutine waits at a time.
  Task<void> drained();

 private:
  struct State;
  Executor executor_;
  std::shared_ptr<State> state_;
};

}  // namespace kismet
