#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/deadlines.h"

namespace kismet {

/// One I/O thread's worth of work: a queue, its time limits, and the strand of all that lives on it. A connection and a
/// helper each belong to one loop for life; between loops there is only post() and dispatch(), never a lock. With one
/// loop (the default) everything is a plain call.
/// Thread rule: get_executor(), context(), index() and here() are safe everywhere; the rest runs on this loop.
/// Owned by Loops.
class Loop {
 public:
  explicit Loop(const Clock& clock, std::size_t index = 0);
  ~Loop() { drop_pending(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Executor get_executor() { return context_.get_executor(); }
  net::io_context& context() { return context_; }
  std::size_t index() const { return index_; }
  /// Whether the caller runs on this loop.
  bool here() { return get_executor().running_in_this_thread(); }
  Deadlines& deadlines() { return deadlines_; }
  const Clock& clock() const { return clock_; }
  /// Destroys all coroutines and handlers that still wait, while what they refer to is there. Nothing runs here any more.
  void drop_pending() { context_.drop_pending(); }

 private:
  struct Context : net::io_context {
    Context() : net::io_context(1) {}  // One thread runs it: the scheduler may skip what only several need.
    void drop_pending() { shutdown(); }
  };

  const Clock& clock_;
  std::size_t index_;
  Context context_;
  Deadlines deadlines_{context_.get_executor(), clock_};
};

/// The loops of the program: the first runs on the thread that calls run(), each other on a thread of its own.
/// Thread rule: all members on the thread that made it; request_stop() is safe everywhere, signal handlers excepted.
class Loops {
 public:
  /// `count` I/O threads, at least 1.
  Loops(const Clock& clock, std::size_t count);
  ~Loops();

  Loop& first() { return *loops_.front(); }
  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t index) { return *loops_.at(index); }
  /// The loops in turn, to spread helpers and connections over them.
  Loop& next();

  /// Runs until request_stop(), then drops what still waits. An exception that leaves a handler is given to `on_exception`
  /// and the loop goes on.
  void run(const std::function<void(const std::string& what)>& on_exception);
  void request_stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<net::executor_work_guard<Executor>> guards_;
  std::size_t turn_ = 0;
};

/// First line of a member that must run on `loop`: a call from elsewhere is a bug, and throws std::logic_error.
void assert_on(Loop& loop);

}  // namespace kismet
