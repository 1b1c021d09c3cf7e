#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/async.h"

namespace kismet {

/// A thread for what would block a loop: hashing passwords, writing files, databases. Jobs run one after the other, in
/// the order they came. The thread starts with the first job.
/// Thread rule: all members are safe everywhere; jobs run on the worker's thread.
/// Owned by the composition root; dies after its last user and before the loops. Its destructor runs what is queued.
class Worker {
 public:
  using OnException = std::function<void(const std::string& what)>;

  /// `max_queued`: jobs that may wait. `on_exception` hears of a post()ed job that threw, on the worker's thread.
  explicit Worker(std::string name, std::size_t max_queued = 256, OnException on_exception = {});
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Queues `job`, whose result nobody awaits; false if the queue is full, or the system has no thread to give.
  bool post(std::function<void()> job);

  template <typename Job>
  using Result =
      std::conditional_t<std::is_void_v<std::invoke_result_t<Job&>>, std::monostate, std::invoke_result_t<Job&>>;

  /// Runs `job` and resumes on `home` with what it returned (std::monostate for void), or with nullopt where
  /// post() says false. What `job` throws is thrown to the one who awaits.
  template <typename Job>
  Task<std::optional<Result<Job>>> run(Executor home, Job job);

  /// Takes no more jobs; returns once those that were queued have run and the thread has ended. Not for a job to call.
  void finish();
  /// Jobs that wait or run.
  std::size_t pending() const;

 private:
  struct Item {
    virtual ~Item() = default;
    virtual void run() = 0;
  };
  struct Posted;
  template <typename Job, typename Handler>
  struct Awaited;

  bool push(std::unique_ptr<Item>& item);
  bool start();
  void work();

  const std::string name_;
  const std::size_t max_queued_;
  const OnException on_exception_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Item>> queue_;  // Under mutex_, like the next two.
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

template <typename Job, typename Handler>
struct Worker::Awaited final : Item {
  Awaited(Executor home, Job j, Handler h)
      : executor(net::prefer(home, net::execution::outstanding_work.tracked)),
        job(std::move(j)),
        handler(std::move(h)) {}

  void run() override {
    std::optional<Result<Job>> result;
    std::exception_ptr error;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Job&>>) {
        job();
        result.emplace();
      } else {
        result.emplace(job());
      }
    } catch (...) {
      error = std::current_exception();
      result.reset();
    }
    complete(std::move(error), std::move(result));
  }
  /// The coroutine behind the handler lives and dies on its own loop alone.
  void complete(std::exception_ptr error, std::optional<Result<Job>> result) {
    auto resume = [h = std::move(handler), e = std::move(error), r = std::move(result)]() mutable {
      std::move(h)(std::move(e), std::move(r));
    };
    net::post(executor, std::move(resume));
  }

  using Tracked =
      std::decay_t<decltype(net::prefer(std::declval<Executor>(), net::execution::outstanding_work.tracked))>;
  Tracked executor;
  Job job;
  Handler handler;
};

template <typename Job>
Task<std::optional<Worker::Result<Job>>> Worker::run(Executor home, Job job) {
  return net::async_initiate<const UseTask, void(std::exception_ptr, std::optional<Result<Job>>)>(
      [this, home](auto handler, Job j) {
        using Waiting = Awaited<Job, decltype(handler)>;
        auto waiting = std::make_unique<Waiting>(home, std::move(j), std::move(handler));
        Waiting& refused = *waiting;
        std::unique_ptr<Item> item = std::move(waiting);
        if (!push(item)) refused.complete(nullptr, std::nullopt);
      },
      use_task, std::move(job));
}

}  // namespace kismet
