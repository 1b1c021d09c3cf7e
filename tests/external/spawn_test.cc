#include "external/spawn.h"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/support/child_guard.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using testing::ChildGuard;

namespace {

Launch fake_helper(std::vector<std::string> args) {
  Launch launch;
  launch.path = KISMET_FAKE_HELPER;
  launch.args = std::move(args);
  return launch;
}

/// The value of `key` in a helper's description of itself.
std::string value_of(const std::string& description, const std::string& key) {
  const std::string text = "\n" + description;
  const std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) return "<none>";
  const std::size_t begin = text.find_first_not_of(" \t", at + 1 + key.size());
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string described(const Launch& launch) {
  SpawnResult child = spawn(launch);
  REQUIRE(child.has_value());
  ChildGuard guard(std::move(*child));
  return testing::read_to_end(guard->output.get());
}

}  // namespace

TEST_CASE("a child has standard input from nowhere, its outputs, its two pipe ends, and no other descriptor") {
  const UniqueFd inheritable(::open("/dev/null", O_RDONLY));  // Not close-on-exec, as a careless library leaves it.
  const UniqueFd high(::fcntl(inheritable.get(), F_DUPFD, 200));
  const std::string text = described(fake_helper({"list-fds"}));
  CHECK(value_of(text, "fds") == "0 1 2 3 4 ");
  CHECK(value_of(text, "stdin") == "/dev/null");
}

TEST_CASE("a child is told its descriptors, then its own arguments, and gets exactly the environment that it should") {
  Launch launch = fake_helper({"describe", "--title", "two words"});
  launch.env = {"A=b", "EMPTY="};
  const std::string text = described(launch);
  CHECK(text.starts_with("arg " KISMET_FAKE_HELPER
                         "\narg --in-fd=3\narg --out-fd=4\narg describe\narg --title\narg two words\n"
                         "env A=b\nenv EMPTY=\ngroup own\n"));
}

TEST_CASE("a child has default signals, none blocked, though the daemon ignores and blocks some") {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::sigset_t blocked;
  ::sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const std::string text = described(fake_helper({"describe"}));
  ::sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  ::signal(SIGHUP, SIG_DFL);
  CHECK(value_of(text, "SigBlk:") == "0000000000000000");
  CHECK(value_of(text, "SigIgn:") == "0000000000000000");
  CHECK(value_of(text, "death_signal") == std::to_string(SIGKILL));
  CHECK(::sigismember(&after, SIGTERM) == 1);
  CHECK(::sigismember(&after, SIGINT) == 0);
}

TEST_CASE("limits, nice, working directory and no_new_privs reach the child") {
  const testing::TemporaryFolder folder;
  Launch launch = fake_helper({"describe"});
  launch.limits = {
      {RLIMIT_AS, {1U << 30, 1U << 30}}, {RLIMIT_CPU, {30, 35}}, {RLIMIT_NOFILE, {64, 64}}, {RLIMIT_CORE, {0, 0}}};
  launch.nice = 5;
  launch.no_new_privileges = true;
  launch.working_directory = folder.path();
  const std::string text = described(launch);
  CHECK(value_of(text, "memory") == "1073741824 1073741824");
  CHECK(value_of(text, "cpu") == "30 35");
  CHECK(value_of(text, "files") == "64 64");
  CHECK(value_of(text, "core") == "0 0");
  CHECK(value_of(text, "nice") == "5");
  CHECK(value_of(text, "no_new_privs") == "1");
  CHECK(value_of(text, "cwd") == folder.path());
}

TEST_CASE("a child of another user has that user's ids and groups, and still dies with the daemon") {
  if (::geteuid() != 0) return;  // Only root may.
  Launch launch = fake_helper({"describe"});
  launch.identity = RunAs{65534, 65534, {65534, 100}};
  const std::string text = described(launch);
  CHECK(value_of(text, "ids") == "65534 65534 65534 100 65534");
  CHECK(value_of(text, "death_signal") == std::to_string(SIGKILL));
}

TEST_CASE("a failed start names its step and the system's reason, and leaves neither child nor descriptor") {
  const testing::TemporaryFolder folder;
  const std::string script = folder.write("script", "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const std::size_t before = testing::open_descriptors();
  Launch launch;
  const auto text_of_failure = [&] {
    const SpawnResult child = spawn(launch);
    return child ? std::string("started") : child.error().text();
  };
  launch.path = "/no/such/program";
  CHECK(text_of_failure() == "it cannot be executed: No such file or directory");
  launch.path = script;
  CHECK(text_of_failure() == "it cannot be executed: No such file or directory");
  launch.path = "/etc/passwd";
  CHECK(text_of_failure() == "it cannot be executed: Permission denied");
  launch = fake_helper({"silent"});
  launch.working_directory = "/no/such/folder";
  CHECK(text_of_failure() == "its working directory cannot be entered: No such file or directory");
  CHECK(testing::open_descriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("a start without descriptors to spare fails at whatever call lacks one, and leaves none open") {
  ::rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const std::size_t before = testing::open_descriptors();
  std::size_t failures = 0;
  for (::rlim_t spare = 0; spare < 64; ++spare) {
    const ::rlimit few{before + spare, usual.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    SpawnResult child = spawn(fake_helper({"silent"}));
    ::setrlimit(RLIMIT_NOFILE, &usual);
    if (child) {
      ChildGuard guard(std::move(*child));
    } else {
      ++failures;
      CHECK(child.error().code.value() == EMFILE);
    }
    CHECK(testing::open_descriptors() == before);
  }
  CHECK(failures > 5);
  CHECK(failures < 64);
}

TEST_CASE("two children do not hold each other's pipes") {
  SpawnResult first = spawn(fake_helper({"silent"}));
  SpawnResult second = spawn(fake_helper({"silent"}));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  ChildGuard one(std::move(*first));
  ChildGuard two(std::move(*second));
  one->to_helper.reset();  // It sees end-of-file though the other lives ...
  CHECK(one.wait() == 0);
  CHECK(testing::read_to_end(one->from_helper.get()).empty());  // ... and so do we.
  two->to_helper.reset();
  CHECK(two.wait() == 0);
}

TEST_CASE("what both outputs say comes through their pipes") {
  SpawnResult child = spawn(fake_helper({"print-and-exit", "words"}));
  REQUIRE(child.has_value());
  ChildGuard guard(std::move(*child));
  CHECK(testing::read_to_end(guard->output.get()) == "words\n");
  CHECK(testing::read_to_end(guard->errors.get()).empty());
  CHECK(WEXITSTATUS(guard.wait()) == 1);
}
