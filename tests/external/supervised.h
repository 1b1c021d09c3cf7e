#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventbus/event_bus.h"
#include "external/supervisor.h"
#include "tests/support/loop_until.h"

namespace kismet::testing {

/// Services that a helper is refused, and its messages noted.
class NotedServices final : public HelperServices {
 public:
  std::string register_uri(HelperSession&, std::string_view, std::string_view) override { return "not here"; }
  void session_ended(HelperSession&) override { ++ended; }
  std::string token(HelperSession&) override { return {}; }
  std::string publish(HelperSession&, std::string_view, std::string_view) override { return "not here"; }
  Subscription subscribe(HelperSession&, std::vector<std::string>, EventBus::Handler) override { return {}; }
  void message(HelperSession&, Severity, std::string_view text) override { said.emplace_back(text); }

  std::vector<std::string> said;
  int ended = 0;
};

/// A supervised fake helper: its changes and messages are noted, and it does not survive the test.
class Supervised {
 public:
  explicit Supervised(std::vector<std::string> args, RestartMode restart = RestartMode::never) {
    definition.name = "fake";
    definition.program = KISMET_FAKE_HELPER;
    definition.args = std::move(args);
    definition.restart = restart;
    settings.restart.first_delay = settings.restart.longest_delay = std::chrono::milliseconds(1);
  }
  ~Supervised() {
    if (!supervisor) return;
    if (const ::pid_t pid = supervisor->snapshot().pid; pid > 0) ::kill(-pid, SIGKILL);
    on_loop([this] { supervisor->request_stop(); });
    run_until(loop, [this] { return down(); });
  }

  void start() {
    supervisor = std::make_unique<Supervisor>(
        loop, definition, Supervisor::Parts{services, messages, settings, spawn, nullptr, {}, [] { return 0.5; }});
    supervisor->on_change([this](const HelperLife&, const HelperChange& change) { changes.push_back(change.kind); });
    on_loop([this] { supervisor->start(); });
  }
  template <typename Call>
  void on_loop(Call call) {
    bool called = false;
    net::post(loop.get_executor(), [&] { call(), called = true; });
    run_until(loop, [&] { return called; });
  }
  bool reaches(HelperState state) {
    return run_until(loop, [this, state] { return supervisor->state() == state; });
  }
  bool says(std::string_view text) {
    return run_until(loop, [this, text] { return has_said(text); });
  }
  bool has_said(std::string_view text) const {
    for (const Message& message : messages.recent()) {
      if (message.text.find(text) != std::string::npos) return true;
    }
    return false;
  }
  bool down() const {
    const HelperState state = supervisor->state();
    return (state == HelperState::stopped || state == HelperState::failed) && supervisor->snapshot().pid == 0;
  }
  bool ends() {
    return run_until(loop, [this] { return down(); });
  }
  std::string last_exit() const {
    const std::string text = supervisor->snapshot().last_exit;
    return text.substr(0, text.find(" after"));
  }

  Clock clock;
  Loop loop{clock};
  EventBus events{clock};
  MessageBus messages{clock, events, {.keep = 1000}};
  NotedServices services;
  HelperDefinition definition;
  SupervisorSettings settings;
  SpawnFunction spawn = spawn_on(loop);
  std::unique_ptr<Supervisor> supervisor;
  std::vector<HelperChange::Kind> changes;
};

}  // namespace kismet::testing
