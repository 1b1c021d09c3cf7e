#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/replicated.h"
#include "httpd/handler.h"
#include "httpd/router.h"
#include "server/waiting_room.h"

namespace kismet {

/// What becomes of requests whose helper is restarting. Each is a setting of conf/kismet.conf.
struct ParkedSettings {
  std::chrono::milliseconds wait{5'000};  // How long a GET or HEAD waits for its helper; 0 = not at all.
  std::size_t waiting = 1'000;            // How many may wait at a time.
};

/// Answers for helpers that are restarting (WIRE.md A7): a request that changes nothing waits until its route has a
/// helper again, and is then served by it; others, and those that have waited too long, get 503 with Retry-After.
/// Thread rule: handle() on any loop, routes_changed() on the first, waiting() everywhere.
/// Shared by the routes of all helpers that are away; `routers` outlives it.
class ParkedHandler final : public Handler {
 public:
  ParkedHandler(Loops& loops, Replicated<Router>& routers, ParkedSettings settings = {});

  Task<void> handle(const Request& request, ResponseWriter& out) override;
  /// To be called after each change of helpers' routes: wakes those who wait.
  void routes_changed();
  /// Requests that wait now.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  enum class Outcome { served, removed, forbidden, time_is_up, client_gone };
  struct Turn {
    Outcome outcome = Outcome::time_is_up;
    std::shared_ptr<Handler> handler;  // served: who.
  };

  bool may_wait(const Request& request);
  Task<Turn> wait(const Request& request, ResponseWriter& out);
  Turn look(const Request& request, Loop& here);

  Replicated<Router>& routers_;
  Replicated<WaitingRoom> rooms_;
  const ParkedSettings settings_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace kismet
