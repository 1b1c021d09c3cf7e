#include "base/worker.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>

namespace kismet {

struct Worker::Posted final : Item {
  Posted(std::function<void()> j, const OnException& on) : job(std::move(j)), on_exception(on) {}

  void run() override {
    try {
      job();
    } catch (const std::exception& e) {
      if (on_exception) on_exception(e.what());
    } catch (...) {
      if (on_exception) on_exception("unknown exception");
    }
  }

  std::function<void()> job;
  const OnException& on_exception;
};

Worker::Worker(std::string name, std::size_t max_queued, OnException on_exception)
    : name_(std::move(name)), max_queued_(max_queued), on_exception_(std::move(on_exception)) {}

Worker::~Worker() {
  finish();
}

void Worker::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Worker::post(std::function<void()> job) {
  std::unique_ptr<Item> item = std::make_unique<Posted>(std::move(job), on_exception_);
  return push(item);
}

std::size_t Worker::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + (running_ ? 1 : 0);
}

bool Worker::push(std::unique_ptr<Item>& item) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= max_queued_ || (!thread_.joinable() && !start())) return false;
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
  return true;
}

// Signals are for the threads that wait for them.
bool Worker::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { work(); });
    pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
  } catch (const std::system_error&) {  // No memory for its stack, or too many threads: the next job tries again.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread_.joinable();
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::unique_ptr<Item> item = std::move(queue_.front());
    queue_.pop_front();
    running_ = true;
    lock.unlock();
    item->run();
    lock.lock();
    running_ = false;
  }
}

}  // namespace kismet
