#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/unique_fd.h"
#include "bench/clients/samples.h"

namespace kismet::bench {

/// An epoll that tells connections apart by their index. Thread rule: one thread.
class Poller {
 public:
  void add(int fd, std::size_t index) {
    epoll_event event{EPOLLIN, {.u64 = index}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }
  /// Until `deadline` (now_ns), or until `enough()`: calls `read` with the index of each connection that has something.
  template <typename Read, typename Enough>
  void run_until(std::int64_t deadline, Read&& read, Enough&& enough) {
    for (std::int64_t now = now_ns(); now < deadline && !enough(); now = now_ns()) {
      for (const epoll_event& event : wait(deadline - now)) read(event.data.u64);
    }
  }

 private:
  static constexpr int kRound = 512;           // Events at a time.
  static constexpr int kLongestWait = 60'000;  // Milliseconds.

  std::span<const epoll_event> wait(std::int64_t ns) {
    const auto ms = static_cast<int>(std::min<std::int64_t>(ns / 1'000'000, kLongestWait));
    const int count = ::epoll_wait(epoll_.get(), events_.data(), kRound, ms);
    return {events_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::array<epoll_event, kRound> events_;
};

}  // namespace kismet::bench
