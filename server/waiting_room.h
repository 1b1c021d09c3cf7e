#pragma once

#include <cstddef>
#include <list>

#include "base/wakeup.h"

namespace kismet {

/// The requests of one loop that wait for a change of routes, each asleep on its own doorbell.
/// Thread rule: its loop. One a loop (Replicated).
class WaitingRoom {
 public:
  /// One request's place, taken while it waits.
  class Seat {
   public:
    Seat(WaitingRoom& room, Wakeup& wakeup) : room_(room), place_(room.waiting_.insert(room.waiting_.end(), &wakeup)) {}
    ~Seat() { room_.waiting_.erase(place_); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    WaitingRoom& room_;
    std::list<Wakeup*>::iterator place_;
  };

  /// Wakes all of them: each looks for itself whether its turn has come.
  void call() {
    for (Wakeup* wakeup : waiting_) wakeup->notify();
  }
  std::size_t size() const { return waiting_.size(); }

 private:
  std::list<Wakeup*> waiting_;
};

}  // namespace kismet
