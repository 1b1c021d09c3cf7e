#include "external/guardian.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "tests/support/child_guard.h"

using namespace kismet;

namespace {

Launch fake_helper(std::string mode) {
  Launch launch;
  launch.path = KISMET_FAKE_HELPER;
  launch.args = {std::move(mode)};
  return launch;
}

/// The daemon's part in a process of its own: starts helpers and tells their pids, then works for ever.
[[noreturn]] void be_daemon(int to_test) {
  const Guardian guardian;
  Spawned children[2];
  const char* modes[2] = {"with-grandchild", "ignore-term"};
  std::string pids;
  for (int i = 0; i < 2; ++i) {
    SpawnResult child = spawn(fake_helper(modes[i]));
    if (!child) ::_exit(1);
    children[i] = std::move(*child);
    guardian.watch(children[i].pid);
    pids += std::to_string(children[i].pid) + "\n";
    if (i == 0) pids += testing::read_line(children[i].output.get()).substr(std::string("grandchild ").size()) + "\n";
    testing::readable(children[i].from_helper.get());  // It has spoken, so it ignores what it ignores.
  }
  (void)!::write(to_test, pids.data(), pids.size());
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("kill -9 of the daemon leaves neither a helper nor what a helper has started") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd from_daemon(ends[0]);
  UniqueFd to_test(ends[1]);
  const ::pid_t daemon = ::fork();
  if (daemon == 0) be_daemon(to_test.get());
  to_test.reset();
  ::pid_t pids[3];
  for (::pid_t& pid : pids) {
    pid = std::stoi("0" + testing::read_line(from_daemon.get()));
    CHECK(pid > 0);
  }
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  for (const ::pid_t pid : pids) {
    if (pid > 0) CHECK(testing::ends(pid));
  }
}

TEST_CASE("a group that the guardian was told to forget is left alone") {
  SpawnResult forgotten = spawn(fake_helper("silent"));
  SpawnResult watched = spawn(fake_helper("silent"));
  REQUIRE(forgotten.has_value());
  REQUIRE(watched.has_value());
  testing::ChildGuard spared(std::move(*forgotten));
  testing::ChildGuard ended(std::move(*watched));
  {
    const Guardian guardian;
    REQUIRE(guardian.running());
    guardian.watch(spared->pid);
    guardian.watch(ended->pid);
    guardian.forget(spared->pid);
  }
  CHECK(WTERMSIG(ended.wait()) == SIGTERM);
  spared->to_helper.reset();
  CHECK(spared.wait() == 0);
}
