#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadlines.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "external/helper_life.h"
#include "external/helper_services.h"
#include "external/message_budget.h"
#include "external/remote_connection.h"
#include "external/remote_settings.h"
#include "external/supervisor_settings.h"
#include "msgbus/message_bus.h"

namespace kismet {

std::string_view to_string(HelperTransport transport);

/// A helper that connects by itself: waits for the connection that has its name, speaks with it through a session, and
/// waits again when it is lost. While it lives nobody else may have its name; one that comes then makes sure that it
/// does, and takes its place if it does not answer.
/// Thread rule and ownership: HelperLife's; its loop is that of the connections.
class RemoteHelper final : public HelperLife {
 public:
  struct Parts {
    HelperServices& services;
    MessageBus& messages;
    SupervisorSettings settings;
    RemoteSettings remote;
  };

  RemoteHelper(Loop& loop, HelperDefinition definition, Parts parts);
  ~RemoteHelper() override;
  RemoteHelper(const RemoteHelper&) = delete;
  RemoteHelper& operator=(const RemoteHelper&) = delete;

  /// A connection has named this helper: serves it, or tells it why not.
  void attach(RemoteConnection connection);
  /// What it has to call itself.
  const std::string& subsystem() const;

  void on_change(OnChange callback) override { on_change_ = std::move(callback); }
  void start() override;
  void request_stop(std::string_view reason) override;
  void restart() override;
  Task<void> stopped() override { return tasks_.drained(); }

  HelperState state() const override { return state_; }
  HelperSnapshot snapshot() const override;
  const std::deque<std::string>& output() const override { return no_output_; }
  HelperSession* session() const override { return session_.get(); }
  Loop& loop() const override { return loop_; }
  const std::string& name() const override { return definition_.name; }
  const HelperDefinition& definition() const override { return definition_; }

 private:
  std::string refusal_of(const RemoteConnection& connection) const;
  void refuse(RemoteConnection connection, const std::string& reason);
  void challenge(RemoteConnection connection);
  void begin(RemoteConnection connection);
  Task<void> serve();
  void spoke();
  void ended(const SessionEnd& end, std::vector<FrameNote> frames);
  void disconnect(std::string_view reason);
  void go(HelperState state);
  void tell(HelperChange::Kind kind, std::string text);
  void post(Severity severity, std::string_view text);

  Loop& loop_;
  const HelperDefinition definition_;
  Parts parts_;
  OnChange on_change_;

  HelperState state_;
  bool start_wanted_ = false;  // While stopping.
  std::unique_ptr<HelperSession> session_;
  SteadyTime connected_at_{};
  std::optional<RemoteConnection> challenger_;  // Wants the name of one that may be dead.
  HelperSnapshot known_;                        // What does not come from session_ and state_.
  const std::deque<std::string> no_output_;     // What it prints is printed elsewhere.

  MessageBudget refusals_;
  Deadline grace_;
  TaskGroup tasks_;
};

}  // namespace kismet
