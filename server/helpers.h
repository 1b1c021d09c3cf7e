#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/supervisor.h"

namespace kismet {

class EventBus;
class HelperRoutes;
class MessageBus;

/// All helpers of the daemon, each under its supervisor on a loop of its own turn, and what their lives mean to others:
/// HELPER_* events, and routes that go when a helper is gone for good.
/// Thread rule: all members on the first loop. Owned by the composition root, which awaits stop() before it destroys
/// it.
class Helpers {
 public:
  struct Parts {
    HelperServices& services;
    HelperRoutes& routes;
    EventBus& events;
    MessageBus& messages;
    SupervisorSettings settings;
    const Guardian* guardian = nullptr;
    /// What a helper that came back has not registered again after this long is no longer its.
    std::chrono::milliseconds keep_parked{10'000};
  };

  Helpers(Loops& loops, std::vector<HelperDefinition> definitions, Parts parts);
  ~Helpers();
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  void start();
  /// Ends all of them in order; returns once no process of theirs runs.
  Task<void> stop();
  /// What there is to know of each now, in the order of the configuration.
  Task<std::vector<HelperSnapshot>> snapshots();

 private:
  struct Kept;
  void changed(Kept& kept, const HelperChange& change);
  void drop_routes(const std::string& name, bool only_parked);

  Loops& loops_;
  Parts parts_;
  std::vector<std::unique_ptr<Kept>> all_;
};

}  // namespace kismet
