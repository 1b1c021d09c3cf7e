#include <catch2/catch.hpp>
#include <csignal>

#include "external/supervisor.h"
#include "tests/external/supervised.h"
#include "tests/support/child_guard.h"

using namespace kismet;
using namespace std::chrono_literals;
using testing::run_until;
using testing::Supervised;

namespace {

Task<SpawnResult> spawn_after(Wakeup& go, Launch launch) {
  co_await go.wait();
  co_return spawn(launch);
}

}  // namespace

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
  CHECK(helper.last_exit() == "SIGTERM");
}

TEST_CASE("a helper that stays stopped answers no PING, and is ended and started again") {
  Supervised helper({"echo"}, RestartMode::on_failure);
  helper.definition.ping_interval = 5ms;
  helper.definition.ping_timeout = 100ms;
  helper.start();
  REQUIRE(helper.reaches(HelperState::ready));
  ::kill(helper.supervisor->snapshot().pid, SIGSTOP);
  REQUIRE(helper.says("no longer answers"));
  REQUIRE(run_until(helper.loop, [&] { return helper.supervisor->snapshot().starts == 2; }));
  CHECK(helper.reaches(HelperState::ready));
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

TEST_CASE("a stop that comes while the program is being started ends it once it runs") {
  Supervised helper({"echo"});
  Wakeup go(helper.loop.get_executor());
  helper.spawn = [&go](Loop&, Launch launch) { return spawn_after(go, std::move(launch)); };
  helper.start();
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  CHECK(helper.supervisor->state() == HelperState::stopping);
  CHECK(helper.supervisor->snapshot().starts == 0);
  helper.on_loop([&] { go.notify(); });
  REQUIRE(helper.ends());
  CHECK(helper.supervisor->state() == HelperState::stopped);
  CHECK(helper.supervisor->snapshot().starts == 1);
  CHECK(helper.last_exit() == "exit code 0");
}

TEST_CASE("a supervisor that is destroyed with its loop leaves no process") {
  ::pid_t pid = 0;
  {
    Supervised helper({"ignore-term"});
    helper.start();
    REQUIRE(helper.reaches(HelperState::ready));
    pid = helper.supervisor->snapshot().pid;
    helper.supervisor.reset();
  }
  CHECK(testing::ends(pid));
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("a start that fails in the daemon itself is told, and tried again") {
  Supervised helper({"log"}, RestartMode::on_failure);
  helper.spawn = [inner = helper.spawn, failed = false](Loop& here, Launch launch) mutable {
    if (!std::exchange(failed, true)) throw std::bad_alloc();
    return inner(here, std::move(launch));
  };
  helper.start();
  REQUIRE(helper.reaches(HelperState::ready));
  CHECK(helper.supervisor->snapshot().failures == 1);
  CHECK(helper.has_said("the daemon failed: std::bad_alloc; starting it again"));
  helper.on_loop([&] { helper.supervisor->request_stop("test over"); });
  CHECK(helper.ends());
}
