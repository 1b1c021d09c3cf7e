#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/supervisor.h"
#include "server/helper_control.h"

namespace kismet {

class EventBus;
class HelperRoutes;
class MessageBus;

/// All helpers of the daemon, each under its supervisor on a loop of its own turn, and what their lives mean to others:
/// HELPER_* events, and routes that go when a helper is gone for good.
/// Thread rule: all members on the first loop. Owned by the composition root, which awaits stop() before it destroys
/// it.
class Helpers final : public HelperControl {
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
  ~Helpers() override;
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  /// Starts those that are enabled.
  void start();
  /// Ends all of them in order; returns once no process of theirs runs.
  Task<void> stop();

  Task<std::vector<HelperView>> views() override;
  Task<std::optional<HelperView>> view(std::string name) override;
  Task<std::optional<std::vector<std::string>>> output(std::string name) override;
  Task<HelperOutcome> command(std::string name, HelperCommand command) override;

 private:
  struct Kept;
  Supervisor* find(std::string_view name) const;
  void changed(Kept& kept, const HelperChange& change);
  void drop_routes(const std::string& name, bool only_parked);

  Loops& loops_;
  Parts parts_;
  std::vector<std::unique_ptr<Kept>> all_;
  bool stopping_ = false;
};

}  // namespace kismet
