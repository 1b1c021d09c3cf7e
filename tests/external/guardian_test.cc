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

/// The number at the end of "grandchild 123".
std::string number_in(const std::string& line) {
  return line.substr(line.rfind(' ') + 1);
}

/// The daemon's part: starts a helper and tells the pids of it and its grandchild, if it has one, then works for ever.
[[noreturn]] void be_daemon(int to_test, const std::string& mode, const Guardian* guardian) {
  SpawnResult child = spawn(fake_helper(mode));
  if (!child) ::_exit(1);
  if (guardian) guardian->watch(child->pid);
  std::string pids = std::to_string(child->pid) + "\n";
  if (mode == "with-grandchild") pids += number_in(testing::read_line(child->output.get())) + "\n";
  testing::readable(child->from_helper.get());  // It has spoken, so it ignores what it ignores.
  if (::write(to_test, pids.data(), pids.size()) < 0) ::_exit(1);
  for (;;) ::pause();
}

/// A process that is killed as no daemon can prepare for.
class Daemon {
 public:
  Daemon(const std::string& mode, bool guarded) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    from_daemon_.reset(ends[0]);
    UniqueFd to_test(ends[1]);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const Guardian* guardian = guarded ? new Guardian : nullptr;
    be_daemon(to_test.get(), mode, guardian);
  }
  ~Daemon() { kill_9(); }

  ::pid_t next_pid() { return std::stoi("0" + testing::read_line(from_daemon_.get())); }
  void kill_9() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  UniqueFd from_daemon_;
  ::pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("kill -9 of the daemon ends a helper that ignores everything, without a guardian too") {
  Daemon daemon("ignore-term", false);
  const ::pid_t helper = daemon.next_pid();
  REQUIRE(helper > 0);
  daemon.kill_9();
  CHECK(testing::ends(helper));
}

TEST_CASE("kill -9 of the daemon ends what a helper has started as well, though it ignores SIGTERM") {
  Daemon daemon("with-grandchild", true);
  const ::pid_t helper = daemon.next_pid();
  const ::pid_t grandchild = daemon.next_pid();
  REQUIRE(helper > 0);
  REQUIRE(grandchild > 0);
  daemon.kill_9();
  CHECK(testing::ends(helper));
  CHECK(testing::ends(grandchild));
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
