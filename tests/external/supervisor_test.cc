#include "external/supervisor.h"

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/external/supervised.h"
#include "tests/support/child_guard.h"

using namespace kismet;
using namespace std::chrono_literals;
using testing::run_until;
using testing::Supervised;

namespace {

using Kind = HelperChange::Kind;
using Changes = std::vector<HelperChange::Kind>;

/// What a supervisor needs on the second of two loops.
struct TwoLoops {
  TwoLoops() {
    definition.name = "fake";
    definition.program = KISMET_FAKE_HELPER;
    definition.args = {"echo"};
  }

  Clock clock;
  Loops loops{clock, 2};
  Loop& other = loops.at(1);
  EventBus events{clock};
  MessageBus messages{clock, events};
  testing::NotedServices services;
  HelperDefinition definition;
};

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
  CHECK(helper.supervisor->output().back() == "input over");
  CHECK(helper.supervisor->snapshot().ever_ready);
  CHECK(helper.changes == Changes{Kind::started, Kind::ready, Kind::stopping, Kind::exited, Kind::stopped});
  CHECK_FALSE(helper.supervisor->snapshot().last_report);
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
  CHECK(watched.supervisor->snapshot().silent);
  CHECK_FALSE(watched.supervisor->snapshot().ever_ready);
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

TEST_CASE("a flood on standard output is cut to its budget, said so, and does not keep the helper from ending") {
  Supervised helper({"stdout-flood"});
  helper.settings.output.lines_a_second = 5;
  helper.settings.shutdown_grace = 1ms;
  helper.start();
  REQUIRE(helper.says("bytes of output suppressed"));
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  REQUIRE(helper.ends());
}

TEST_CASE("output over the budget is reported although no more of it comes") {
  Supervised helper({"print-lines", "20"});
  helper.settings.output.lines_a_second = 5;
  helper.start();
  REQUIRE(helper.says("[15 lines, "));
}

TEST_CASE("starts and ends leave no descriptor behind") {
  std::size_t before = 0;
  for (int i = 0; i < 30; ++i) {
    {
      Supervised helper({"speak-and-exit", "0"});
      helper.start();
      REQUIRE(helper.ends());
    }
    if (i == 0) before = testing::open_descriptors();
  }
  CHECK(testing::open_descriptors() == before);
}

TEST_CASE_METHOD(TwoLoops, "a supervisor on another loop has its programs started by the first") {
  Supervisor helper(other, definition,
                    {services, messages, {}, spawn_on(loops.first()), nullptr, {}, [] { return 0.5; }});
  Changes changes;
  helper.on_change([&](const HelperLife&, const HelperChange& change) {
    changes.push_back(change.kind);
    if (change.kind == Kind::ready) net::post(other.get_executor(), [&] { helper.request_stop(); });
    if (change.kind == Kind::stopped) loops.request_stop();
  });
  net::post(other.get_executor(), [&] { helper.start(); });
  loops.run([](const std::string&) {});
  CHECK(changes == Changes{Kind::started, Kind::ready, Kind::stopping, Kind::exited, Kind::stopped});
}

TEST_CASE_METHOD(TwoLoops, "a start that fails on the first loop is told on the supervisor's, and tried again") {
  definition.restart = RestartMode::on_failure;
  SupervisorSettings settings;
  settings.restart.first_delay = settings.restart.longest_delay = std::chrono::milliseconds(1);
  bool failed = false;
  auto start = [&failed](const Launch& launch) {
    if (!std::exchange(failed, true)) throw std::bad_alloc();
    return spawn(launch);
  };
  Supervisor helper(other, definition,
                    {services, messages, settings, spawn_on(loops.first(), start), nullptr, {}, [] { return 0.5; }});
  helper.on_change([&](const HelperLife&, const HelperChange& change) {
    if (change.kind == Kind::ready) net::post(other.get_executor(), [&] { helper.request_stop(); });
    if (change.kind == Kind::stopped) loops.request_stop();
  });
  net::post(other.get_executor(), [&] { helper.start(); });
  int bugs = 0;
  loops.run([&](const std::string&) { ++bugs, loops.request_stop(); });
  CHECK(bugs == 0);
  CHECK(helper.snapshot().starts == 1);
  CHECK(helper.snapshot().failures == 1);
}

TEST_CASE("a process that cannot be watched is ended at once, and the start tried again") {
  Supervised helper({"echo"}, RestartMode::on_failure);
  std::vector<::pid_t> unwatched;
  helper.spawn = [&](Loop& here, Launch launch) -> Task<SpawnResult> {
    Task<SpawnResult> start = spawn_on(here)(here, std::move(launch));
    SpawnResult child = co_await std::move(start);
    constexpr int kNoDescriptor = 1'000'000;
    if (unwatched.size() == 2) co_return child;
    (unwatched.empty() ? child->to_helper : child->errors) = UniqueFd(kNoDescriptor);
    unwatched.push_back(child->pid);
    co_return child;
  };
  helper.start();
  CHECK(helper.says("it cannot be watched: Bad file descriptor"));
  CHECK(helper.reaches(HelperState::ready));
  for (const ::pid_t pid : unwatched) CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a start that fails for want of descriptors is tried again") {
  Supervised helper({"echo"}, RestartMode::on_failure);
  ::rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const ::rlimit few{testing::open_descriptors() + 3, usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  helper.start();
  const bool said = helper.says("its pipes cannot be made: Too many open files; hint: the daemon has used up");
  ::setrlimit(RLIMIT_NOFILE, &usual);
  CHECK(said);
  CHECK(helper.reaches(HelperState::ready));
}
