#include "httpd/poller.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <span>
#include <system_error>

#include "base/turn.h"

namespace kismet {

namespace {

using Descriptor = net::posix::basic_stream_descriptor<Executor>;

constexpr std::size_t kEventsAtOnce = 256;

int make_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return descriptor;
}

}  // namespace

struct Poller::State {
  explicit State(Loop& loop) : epoll(loop.get_executor(), make_epoll()) {}

  Descriptor epoll;
  std::array<epoll_event, kEventsAtOnce> events;
  std::span<epoll_event> pending;  // Not yet looked at.
};

Poller::Poller(Loop& loop) : state_(std::make_shared<State>(loop)) {
  arm(state_);
}

Poller::~Poller() {
  close();
}

void Poller::close() {
  boost::system::error_code ignored;
  state_->epoll.close(ignored);
}

/// Whatever a callback throws, the others are still to be heard.
struct Poller::Rearm {
  ~Rearm() {
    if (state->epoll.is_open()) arm(state);
  }
  const std::shared_ptr<State>& state;
};

void Poller::arm(const std::shared_ptr<State>& state) {
  auto ready = [state](boost::system::error_code ec) {
    if (ec || !state->epoll.is_open()) return;
    const Rearm rearm{state};
    dispatch(*state);
  };
  state->epoll.async_wait(Descriptor::wait_read, std::move(ready));
}

void Poller::dispatch(State& state) {
  Turn turn;
  if (state.pending.empty()) {
    const int most = static_cast<int>(kEventsAtOnce);
    const int count = ::epoll_wait(state.epoll.native_handle(), state.events.data(), most, 0);
    if (count > 0) state.pending = std::span(state.events).first(static_cast<std::size_t>(count));
  }
  while (!state.pending.empty()) {
    const epoll_event event = state.pending.front();
    state.pending = state.pending.subspan(1);
    auto* watch = static_cast<Watch*>(event.data.ptr);
    if (!watch) continue;  // Destroyed by one that came before it.
    if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) watch->readable = true;
    if (event.events & EPOLLOUT) watch->writable = true;
    if (event.events & EPOLLRDHUP) watch->finished = true;
    if (event.events & (EPOLLHUP | EPOLLERR)) watch->broken = true;
    if (watch->ready) watch->ready();
  }
  turn.finish();
}

Poller::Watch::Watch(Poller& poller, int descriptor) : poller_(poller), descriptor_(descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  broken = ::epoll_ctl(poller_.state_->epoll.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0;
}

Poller::Watch::~Watch() {
  if (!poller_.state_->epoll.is_open()) return;
  epoll_event unused{};
  ::epoll_ctl(poller_.state_->epoll.native_handle(), EPOLL_CTL_DEL, descriptor_, &unused);
  for (epoll_event& event : poller_.state_->pending) {
    if (event.data.ptr == this) event.data.ptr = nullptr;
  }
}

}  // namespace kismet
