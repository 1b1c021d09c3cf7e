#include "external/supervisor.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "eventbus/event_bus.h"
#include "external/launch.h"
#include "tests/support/child_guard.h"
#include "tests/support/loop_until.h"

using namespace kismet;
using namespace std::chrono_literals;
using testing::run_until;

namespace {

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
    settings.restart.first_delay = 1ms;
    settings.restart.longest_delay = 1ms;
  }
  ~Supervised() {
    if (!supervisor) return;
    if (const ::pid_t pid = supervisor->snapshot().pid; pid > 0) ::kill(-pid, SIGKILL);
    on_loop([this] { supervisor->request_stop(); });
    run_until(loop, [this] { return down(); });
  }

  void start() {
    supervisor = std::make_unique<Supervisor>(
        loop, definition,
        Supervisor::Parts{services, messages, settings, spawn_on(loop), nullptr, {}, [] { return 0.5; }});
    supervisor->on_change([this](const Supervisor&, const HelperChange& change) { changes.push_back(change.kind); });
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
  std::unique_ptr<Supervisor> supervisor;
  std::vector<HelperChange::Kind> changes;
};

using Kind = HelperChange::Kind;
using Changes = std::vector<HelperChange::Kind>;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count += entry.is_symlink();
  return count;
}

}  // namespace

TEST_CASE("a helper is ready when it has spoken, and a stop ends it by SHUTDOWN alone") {
  Supervised helper({"log"});
  helper.start();
  REQUIRE(helper.reaches(HelperState::ready));
  const HelperSnapshot snapshot = helper.supervisor->snapshot();
  CHECK(snapshot.pid > 0);
  CHECK(snapshot.generation == "v0");
  CHECK(snapshot.starts == 1);
  helper.on_loop([&] { helper.supervisor->request_stop("test over"); });
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::stopped);
  CHECK(helper.last_exit() == "exit code 0");
  CHECK(helper.services.said == std::vector<std::string>{"hello"});
  CHECK(helper.services.ended == 1);
  CHECK(helper.has_said("got SHUTDOWN"));
  CHECK(helper.changes == Changes{Kind::started, Kind::ready, Kind::stopping, Kind::exited, Kind::stopped});
  CHECK_FALSE(helper.supervisor->snapshot().last_report);
}

TEST_CASE("a helper that ignores SHUTDOWN ends by SIGTERM, one that ignores that too by SIGKILL") {
  Supervised polite({"ignore-shutdown"});
  polite.settings.shutdown_grace = 1ms;
  polite.start();
  REQUIRE(polite.reaches(HelperState::ready));
  polite.on_loop([&] { polite.supervisor->request_stop(); });
  REQUIRE(polite.ends());
  CHECK(polite.last_exit() == "SIGTERM");

  Supervised stubborn({"ignore-term"});
  stubborn.settings.shutdown_grace = stubborn.settings.terminate_grace = 1ms;
  stubborn.start();
  REQUIRE(stubborn.reaches(HelperState::ready));
  stubborn.on_loop([&] { stubborn.supervisor->request_stop(); });
  REQUIRE(stubborn.ends());
  CHECK(stubborn.last_exit() == "SIGKILL");
  CHECK(stubborn.has_said("it ignored SIGTERM"));
}

TEST_CASE("a helper that is stopped by SIGSTOP can still be asked to end") {
  Supervised helper({"echo"});
  helper.settings.shutdown_grace = 1ms;
  helper.start();
  REQUIRE(helper.reaches(HelperState::ready));
  ::kill(helper.supervisor->snapshot().pid, SIGSTOP);
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  REQUIRE(helper.ends());
}

TEST_CASE("a crash is one message and a report, and the helper is started again") {
  Supervised helper({"crash"}, RestartMode::on_failure);
  helper.settings.restart.burst_limit = 2;
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::failed);
  const HelperSnapshot snapshot = helper.supervisor->snapshot();
  CHECK(snapshot.starts == 3);
  CHECK(snapshot.failures == 3);
  REQUIRE(snapshot.last_report);
  CHECK_THAT(snapshot.last_report->exit, Catch::StartsWith("SIGSEGV"));
  CHECK(snapshot.last_report->use.peak_memory > 0);
  CHECK(helper.has_said("starting it again in"));
  CHECK(helper.has_said("given up after 2 restarts in a row"));
}

TEST_CASE("a report holds the last lines of output and a hint for a known cause") {
  Supervised helper({"print-and-exit", "ModuleNotFoundError: No module named 'serial'"});
  helper.start();
  REQUIRE(helper.ends());
  const HelperReportPtr report = helper.supervisor->snapshot().last_report;
  REQUIRE(report);
  CHECK(report->exit == "exit code 1");
  CHECK(report->output == std::vector<std::string>{"ModuleNotFoundError: No module named 'serial'"});
  CHECK_THAT(report->hint, Catch::Contains("\"serial\""));
  CHECK(helper.has_said("hint: the Python module"));
}

TEST_CASE("the agreed exit code keeps a helper down") {
  Supervised helper({"speak-and-exit", "100"}, RestartMode::always);
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::stopped);
  CHECK(helper.supervisor->snapshot().starts == 1);
}

TEST_CASE("a program that is not found is one message with every path, and no process") {
  Supervised helper({}, RestartMode::always);
  helper.definition.program = "no-such-helper";
  helper.definition.search_path = {"/nowhere/one", "/nowhere/two"};
  helper.definition.defined_at = "kismet.conf:7";
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::failed);
  CHECK(
      helper.has_said("/nowhere/one/no-such-helper: no such file; /nowhere/two/no-such-helper: no such file "
                      "(kismet.conf:7)"));
  CHECK(helper.supervisor->snapshot().starts == 0);
  CHECK(helper.messages.recent().size() == 1);
}

TEST_CASE("a helper that breaks the protocol, or leaves half a frame, is ended as failed") {
  Supervised garbage({"bad-signature"});
  garbage.start();
  REQUIRE(garbage.ends());
  CHECK(garbage.supervisor->state() == HelperState::failed);
  CHECK(garbage.has_said("broke the protocol"));

  Supervised half({"half-frame"});
  half.start();
  REQUIRE(half.ends());
  CHECK(half.supervisor->state() == HelperState::failed);
}

TEST_CASE("a helper that answers no PING is ended as failed") {
  Supervised helper({"no-pong"});
  helper.definition.ping_interval = 5ms;
  helper.definition.ping_timeout = 20ms;
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::failed);
  CHECK(helper.has_said("no longer answers"));
}

TEST_CASE("a silent helper is only watched, unless it must speak") {
  Supervised watched({"silent"});
  watched.definition.ready_timeout = 1ms;
  watched.start();
  REQUIRE(watched.says("has not sent a good frame"));
  CHECK(watched.supervisor->state() == HelperState::starting);
  watched.on_loop([&] { watched.supervisor->request_stop(); });
  REQUIRE(watched.ends());
  CHECK(watched.last_exit() == "exit code 0");

  Supervised asked({"silent"});
  asked.definition.ready_timeout = 1ms;
  asked.definition.must_speak = true;
  asked.start();
  REQUIRE(asked.ends());
  CHECK(asked.supervisor->state() == HelperState::failed);
}

TEST_CASE("a helper's end counts although a process that left its group holds its pipes") {
  Supervised helper({"daemon-keeps-pipe"});
  helper.settings.drain_timeout = 1ms;
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.last_exit() == "exit code 0");
  CHECK(helper.services.said == std::vector<std::string>{"bye"});
  for (const Message& message : helper.messages.recent()) {
    if (message.text.starts_with("grandchild ")) ::kill(std::stoi(message.text.substr(11)), SIGKILL);
  }
}

TEST_CASE("a restart by hand ends the process and starts another") {
  Supervised helper({"echo"});
  helper.start();
  REQUIRE(helper.reaches(HelperState::ready));
  const ::pid_t first = helper.supervisor->snapshot().pid;
  helper.on_loop([&] { helper.supervisor->restart(); });
  REQUIRE(run_until(helper.loop, [&] { return helper.supervisor->snapshot().starts == 2; }));
  REQUIRE(helper.reaches(HelperState::ready));
  CHECK(helper.supervisor->snapshot().pid != first);
}

TEST_CASE("a stop that comes before the program runs still ends it") {
  Supervised helper({"echo"});
  helper.start();
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::stopped);
}

TEST_CASE("a flood on standard output is cut to its budget, said so, and does not keep the helper from ending") {
  Supervised helper({"stdout-flood"});
  helper.settings.output.lines_a_second = 5;
  helper.settings.shutdown_grace = 1ms;
  helper.start();
  REQUIRE(helper.says("bytes of output suppressed"));
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  REQUIRE(helper.ends());
}

TEST_CASE("starts and ends leave no descriptor behind") {
  std::size_t before = 0;
  for (int i = 0; i < 30; ++i) {
    {
      Supervised helper({"speak-and-exit", "0"});
      helper.start();
      REQUIRE(helper.ends());
    }
    if (i == 0) before = open_descriptors();
  }
  CHECK(open_descriptors() == before);
}
