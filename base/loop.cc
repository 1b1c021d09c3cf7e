#include "base/loop.h"

#include <exception>
#include <stdexcept>

namespace kismet {

namespace {

void run_loop(net::io_context& context, const std::function<void(const std::string&)>& on_exception) {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& e) {
      on_exception(e.what());
    }
  }
}

}  // namespace

Loop::Loop(const Clock& clock, std::size_t index) : clock_(clock), index_(index) {}

Loops::Loops(const Clock& clock, std::size_t count) {
  for (std::size_t i = 0; i < (count == 0 ? 1 : count); ++i) {
    loops_.push_back(std::make_unique<Loop>(clock, i));
    guards_.push_back(net::make_work_guard(loops_.back()->get_executor()));
  }
}

Loops::~Loops() { request_stop(); }

Loop& Loops::next() { return *loops_[turn_++ % loops_.size()]; }

void Loops::run(const std::function<void(const std::string&)>& on_exception) {
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      threads.emplace_back([&context = loops_[i]->context(), &on_exception] { run_loop(context, on_exception); });
    }
    run_loop(first().context(), on_exception);
  }
  for (auto& loop : loops_) loop->drop_pending();
}

void Loops::request_stop() {
  for (auto& loop : loops_) loop->context().stop();
}

void assert_on(Loop& loop) {
  if (!loop.here()) throw std::logic_error("called on another thread than its loop's");
}

}  // namespace kismet
