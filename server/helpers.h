#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/helper_life.h"
#include "external/remote_settings.h"
#include "external/supervisor_settings.h"
#include "server/helper_control.h"
#include "server/helper_plan.h"
#include "server/helper_routes.h"
#include "server/kept_helper.h"
#include "server/swap_settings.h"

namespace kismet {

class EventBus;
class Guardian;
class MessageBus;
class RemoteHelper;

/// What came of one step of a configuration that was read again.
struct HelperDone {
  std::string name;
  HelperStep step = HelperStep::keep;
  bool done = false;
  std::string text = "it failed by a bug of the daemon";  // Why not, for people.
};

/// All helpers of the daemon, each with its life on a loop of its own turn, and what their lives mean to others:
/// HELPER_* events, and routes that go when a helper is gone for good. A helper whose definition changes gets another
/// life (helper_swap.cc).
/// Thread rule: all members on the first loop. Owned by the composition root, which awaits stop() before it destroys
/// it.
class Helpers final : public HelperControl {
 public:
  struct Parts {
    std::function<std::unique_ptr<DaemonServices>(HelperLifeId)> services;  // One for each life.
    HelperRoutes& routes;
    EventBus& events;
    MessageBus& messages;
    SupervisorSettings settings;
    RemoteSettings remote;
    const Guardian* guardian = nullptr;
    /// What a helper that came back has not registered again after this long is no longer its.
    std::chrono::milliseconds keep_parked{10'000};
    SwapSettings swap;
  };

  Helpers(Loops& loops, std::vector<HelperDefinition> definitions, Parts parts);
  ~Helpers() override;
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  /// Starts those that are enabled.
  void start();
  /// Ends all of them in order; returns once no process of theirs runs.
  Task<void> stop();
  /// Makes of the helpers what `wanted` says; those that are started from now on get `settings`. Returns once all has
  /// been done but for the end of what is not asked any more. One call at a time.
  Task<std::vector<HelperDone>> apply(std::vector<HelperDefinition> wanted, SupervisorSettings settings);

  /// The helper that connects by itself and calls itself so; null if there is none. Of use until the loop's next turn.
  RemoteHelper* remote(std::string_view subsystem) const;

  Task<std::vector<HelperView>> views() override;
  Task<std::optional<HelperView>> view(std::string name) override;
  Task<std::optional<HelperOutput>> output(std::string name) override;
  Task<HelperOutcome> command(std::string name, HelperCommand command) override;
  Task<HelperOutcome> reload(std::string name) override;
  Task<HelperOutcome> end_request(std::string name, wire::RequestId id) override;
  Task<bool> watch_wire(std::string name, std::shared_ptr<WireViewer> viewer) override;
  Task<void> unwatch_wire(std::string name, std::shared_ptr<WireViewer> viewer) override;

 private:
  using KeptPtr = std::shared_ptr<KeptHelper>;

  KeptPtr find(std::string_view name) const;
  void add(HelperDefinition definition, bool started);
  /// One that connects by itself lives on the first loop, as its connections do.
  std::unique_ptr<HelperLife> make_helper(HelperDefinition definition, Loop& loop, HelperServices& services);
  KeptLifePtr make_life(HelperDefinition definition, KeptLife::Role role, Loop& loop,
                        std::shared_ptr<HelperWatch> watch);
  static void begin(const KeptLifePtr& life);
  Task<HelperView> view_of(KeptPtr kept, std::size_t requests) const;

  Task<HelperNow> now_of(KeptPtr kept);
  Task<void> carry_out(HelperPlan plan, HelperDone& done);
  void remove(const KeptPtr& kept);
  Task<std::string> renew(KeptPtr kept, HelperDefinition definition, HelperStep step);
  Task<std::string> swap(KeptHelper& kept, SwapProgress& progress, const KeptLifePtr& next);
  Task<void> replace(KeptHelper& kept, const KeptLifePtr& next, bool started);
  Task<void> remember(KeptHelper& kept, const KeptLifePtr& old);
  void retire(KeptLifePtr life, std::string reason);
  Task<void> leave(KeptLifePtr life, std::string reason);
  Task<void> drained(KeptLifePtr life);
  bool renewing() const;

  // On the helper's loop.
  void changed(KeptLife& life, HelperWatch& watch, const HelperChange& change);
  void drop_routes_of_ended(KeptLife& life);

  // Everywhere.
  void drop_routes(const std::string& name, bool only_parked, std::optional<HelperLifeId> life = {});
  void tell_uri(std::string_view topic, const HelperRoutes::Entry& entry);
  void tell_swap(const KeptHelper& kept, HelperStep step, const std::string& trouble);

  Loops& loops_;
  Parts parts_;
  const std::vector<std::string> environment_;
  std::uint64_t last_life_ = 0;
  std::vector<KeptPtr> all_;          // In the order of the configuration.
  std::vector<KeptLifePtr> leaving_;  // They serve no more, but have not ended.
  bool stopping_ = false;
  Wakeup renewed_;  // Rings when a helper has got another life, or could not.
  TaskGroup tasks_;
};

}  // namespace kismet
