#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/loop.h"

namespace kismet {

/// Watches many sockets of one loop through one descriptor of the kernel's (epoll), which in turn is the only one that
/// Asio watches. A socket is registered once for life, so waiting for it costs neither a system call nor memory, and
/// nothing needs to be cancelled before it is closed. What the kernel reports at once makes a Turn.
/// Thread rule: all members on the loop, or while nothing runs it. Owned by what serves that loop; outlives its
/// watches.
class Poller {
 public:
  /// One socket. Flags are set as the kernel reports changes; who reads or writes clears them on would_block.
  /// Owned by what owns the socket, which closes it after destroying this.
  class Watch {
   public:
    /// If the kernel has no memory for it, it is `broken` from the start.
    Watch(Poller& poller, int descriptor);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    bool readable = true;         // Reading may have something to do.
    bool writable = true;         // So may writing.
    bool finished = false;        // The peer sends no more.
    bool broken = false;          // The peer is gone.
    std::function<void()> ready;  // Called after a change; whom it rings goes on when all changes are noted.

   private:
    friend class Poller;
    Poller& poller_;
    int descriptor_;
  };

  explicit Poller(Loop& loop);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// No watch is called any more; for a loop that goes on without this.
  void close();

 private:
  struct State;
  struct Rearm;
  static void arm(const std::shared_ptr<State>& state);
  static void dispatch(State& state);
  std::shared_ptr<State> state_;
};

}  // namespace kismet
