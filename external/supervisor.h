#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/helper_life.h"
#include "external/helper_run.h"
#include "external/helper_services.h"
#include "external/restart_policy.h"
#include "external/spawn_on.h"
#include "external/supervisor_settings.h"
#include "msgbus/message_bus.h"

namespace kismet {

class Guardian;

/// Keeps one helper as its definition wants it: starts it, speaks with it through a session, restarts it by its policy,
/// ends it in order, and says what happens. Messages go to the message bus; `on_change` is for events and metrics.
/// Thread rule and ownership: HelperLife's.
class Supervisor final : public HelperLife {
 public:
  struct Parts {
    HelperServices& services;
    MessageBus& messages;
    SupervisorSettings settings;
    SpawnFunction spawn;
    const Guardian* guardian = nullptr;    // Outlives the supervisor.
    std::vector<std::string> environment;  // Inherited by the helper: current_environment(), taken once at start.
    std::function<double()> random;        // In [0, 1).
  };

  Supervisor(Loop& loop, HelperDefinition definition, Parts parts);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void on_change(OnChange callback) override { on_change_ = std::move(callback); }
  void start() override;
  void request_stop(std::string_view reason) override;
  void request_stop() { request_stop("stopped"); }
  void restart() override;
  Task<void> stopped() override;

  HelperState state() const override { return policy_.state(); }
  HelperSnapshot snapshot() const override;
  const std::deque<std::string>& output() const override { return run_ ? run_->output() : last_output_; }
  HelperSession* session() const override;
  Loop& loop() const override { return loop_; }
  const std::string& name() const override { return definition_.name; }
  const HelperDefinition& definition() const override { return definition_; }

 private:
  RestartPolicy::Decision decide(HelperEvent event);
  void act(const RestartPolicy::Decision& decision);
  Task<void> live();
  void gone_wrong(const std::string& what);
  void could_not_start(HelperEvent event, std::string reason, std::string hint);
  void ran(::pid_t pid, const RunEnd& end);
  void failed(HelperEvent event, HelperReport report);
  void settle(HelperEvent event, Severity severity, std::string text);
  void tell(HelperChange::Kind kind, std::string text, std::chrono::milliseconds delay = {});
  void post(Severity severity, std::string_view text);

  Loop& loop_;
  HelperDefinition definition_;
  Parts parts_;
  RestartPolicy policy_;
  OnChange on_change_;

  std::unique_ptr<HelperRun> run_;
  std::string stop_reason_;
  bool end_wanted_ = false;  // Asked to end while its program was being started.
  HelperSnapshot known_;     // What does not come from run_ and policy_.
  std::deque<std::string> last_output_;

  Deadline delay_;
  TaskGroup tasks_;
};

}  // namespace kismet
