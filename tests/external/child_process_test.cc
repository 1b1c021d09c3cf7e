#include "external/child_process.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <optional>

#include "base/loop.h"
#include "base/task_group.h"
#include "tests/support/child_guard.h"
#include "tests/support/loop_until.h"

using namespace kismet;
using testing::run_until;

namespace {

Spawned start(std::vector<std::string> args) {
  Launch launch;
  launch.path = KISMET_FAKE_HELPER;
  launch.args = std::move(args);
  SpawnResult child = spawn(launch);
  REQUIRE(child.has_value());
  return std::move(*child);
}

Task<void> note_exit(ChildProcess& child, std::optional<Exit>& exit) {
  const Exit ended = co_await child.exited();
  exit = ended;
}

/// A fake helper on a loop, awaited.
struct Fixture {
  explicit Fixture(std::vector<std::string> args)
      : spawned(start(std::move(args))), child(loop.get_executor(), spawned.pid, std::move(spawned.pidfd)) {
    tasks.spawn("exit", note_exit(child, exit));
  }
  ~Fixture() {
    child.signal_group(SIGKILL);
    ended();
  }
  bool ended() {
    return run_until(loop, [this] { return exit.has_value(); });
  }

  Clock clock;
  Loop loop{clock};
  Spawned spawned;
  ChildProcess child;
  std::optional<Exit> exit;
  TaskGroup tasks{loop.get_executor(), {}};
};

bool is_stopped(::pid_t pid) {
  ::siginfo_t about{};
  return ::waitid(P_PID, static_cast<::id_t>(pid), &about, WSTOPPED | WNOWAIT) == 0;
}

}  // namespace

TEST_CASE("a child's end comes with its exit code or signal, and what it used") {
  Fixture clean({"exit-code", "0"});
  REQUIRE(clean.ended());
  CHECK(clean.exit->status.success());
  CHECK(clean.exit->use.peak_memory > 0);

  Fixture failed({"exit-code", "42"});
  REQUIRE(failed.ended());
  CHECK_FALSE(failed.exit->status.success());
  CHECK(failed.exit->status.text() == "exit code 42");

  Fixture crashed({"crash"});
  REQUIRE(crashed.ended());
  CHECK(crashed.exit->status.signal(SIGSEGV));
  CHECK_THAT(crashed.exit->status.text(), Catch::StartsWith("SIGSEGV"));
}

TEST_CASE("a signal reaches the whole group, and one that is ignored is followed by SIGKILL's certainty") {
  Fixture stubborn({"ignore-term"});
  testing::readable(stubborn.spawned.from_helper.get());  // It has spoken, so it ignores by now.
  stubborn.child.signal_group(SIGTERM);
  stubborn.child.signal_group(SIGKILL);
  REQUIRE(stubborn.ended());
  CHECK(stubborn.exit->status.signal(SIGKILL));
}

TEST_CASE("a stopped child is not an ended one") {
  Fixture child({"echo"});
  child.child.signal_group(SIGSTOP);
  REQUIRE(is_stopped(child.child.pid()));
  child.loop.context().restart();
  child.loop.context().poll();
  CHECK_FALSE(child.exit);
  child.child.signal_group(SIGCONT);
  child.spawned.to_helper.reset();
  REQUIRE(child.ended());
  CHECK(child.exit->status.success());
}

TEST_CASE("a child has ended though a grandchild holds its pipes, and the grandchild goes with it") {
  Fixture child({"grandchild-keeps-pipe"});
  REQUIRE(child.ended());
  CHECK(child.exit->status.success());
  CHECK_THAT(testing::read_to_end(child.spawned.output.get()), Catch::StartsWith("grandchild "));
  CHECK_THAT(testing::read_to_end(child.spawned.from_helper.get()), !Catch::Contains("<no end of file>"));
}

TEST_CASE("no signal goes to a number whose process is reaped") {
  Fixture child({"exit-code", "0"});
  REQUIRE(child.ended());
  CHECK(child.child.reaped());
  child.child.signal_group(SIGKILL);  // Would end another group, were the number in use again.
  CHECK(::waitpid(child.child.pid(), nullptr, WNOHANG) == -1);
}

TEST_CASE("an end that somebody else has waited for is unknown, and no failure of ours") {
  ::signal(SIGCHLD, SIG_IGN);  // As a daemon inherits it from a careless parent: the kernel reaps.
  Fixture child({"exit-code", "0"});
  const bool ended = child.ended();
  ::signal(SIGCHLD, SIG_DFL);
  REQUIRE(ended);
  CHECK(child.exit->status.text() == "unknown exit code");
  CHECK_FALSE(child.exit->status.success());
}

TEST_CASE("a hundred children leave no zombie and no descriptor") {
  std::size_t before = 0;
  for (int i = 0; i < 100; ++i) {
    {
      Fixture child({"exit-code", "0"});
      REQUIRE(child.ended());
    }
    if (i == 0) before = testing::open_descriptors();
  }
  CHECK(testing::open_descriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}
