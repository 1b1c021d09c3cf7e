#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

namespace kismet {

/// Writes to a descriptor that others share, so that its flags must stay as they are, without ever being stuck in a
/// write: it asks for room first, and gives up when told to.
/// Thread rule: write() on one thread; give_up_after() everywhere. Does not own the descriptor it is given.
class PolledFd {
 public:
  explicit PolledFd(int fd);
  ~PolledFd();
  PolledFd(const PolledFd&) = delete;
  PolledFd& operator=(const PolledFd&) = delete;

  /// Writes all of `bytes`; false if it gave up, or nobody reads any more.
  bool write(std::string_view bytes);
  /// From now on writes wait no longer than `grace` in all.
  void give_up_after(std::chrono::milliseconds grace);

 private:
  bool wait_for_room() const;
  bool given_up() const;

  const int own_;  // A second, non-blocking way to the same terminal; -1: none.
  const int fd_;
  std::atomic<std::chrono::steady_clock::rep> give_up_at_;
};

}  // namespace kismet
