#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/unique_fd.h"

namespace kismet::bench {

/// An epoll that tells connections apart by their index. Thread rule: one thread.
class Poller {
 public:
  void add(int fd, std::size_t index) {
    epoll_event event{EPOLLIN, {.u64 = index}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }
  /// Waits until `deadline` (now_ns) at the longest. Valid until the next call.
  std::span<const epoll_event> wait(std::int64_t deadline, std::int64_t now) {
    const std::int64_t left = (deadline - now) / 1'000'000;
    const int count = ::epoll_wait(epoll_.get(), events_.data(), kRound, left > 0 ? static_cast<int>(left) : 0);
    return {events_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

 private:
  static constexpr int kRound = 512;  // Events at a time.

  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::array<epoll_event, kRound> events_;
};

}  // namespace kismet::bench
