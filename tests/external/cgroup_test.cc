#include "external/cgroup.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/external/supervised.h"
#include "tests/support/child_guard.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using testing::Supervised;

namespace {

/// A control group that this test may use as if it were delegated; empty where there is none to be had.
class Delegated {
 public:
  Delegated() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string device, folder, type, rest; mounts >> device >> folder >> type && std::getline(mounts, rest);) {
      const std::string mine = folder + "/kismet-test-" + std::to_string(::getpid());
      if (type == "cgroup2" && ::mkdir(mine.c_str(), 0755) == 0) path_ = mine;
    }
  }
  ~Delegated() {
    if (path_.empty()) return;
    const auto end = std::chrono::steady_clock::now() + testing::kGenerous;
    while (!remove() && std::chrono::steady_clock::now() < end) {  // What was killed may still be dying.
      std::this_thread::yield();
    }
  }
  const std::string& path() const { return path_; }
  explicit operator bool() const { return !path_.empty(); }

 private:
  bool remove() {
    for (const auto& inner : std::filesystem::directory_iterator(path_)) {
      if (inner.is_directory()) ::rmdir(inner.path().c_str());
    }
    return ::rmdir(path_.c_str()) == 0;
  }

  std::string path_;
};

}  // namespace

TEST_CASE("a helper's control group ends even what has left its process group and session") {
  const Delegated delegated;
  if (!delegated) return;
  Supervised helper({"daemon-keeps-pipe"});
  helper.settings.cgroup = delegated.path();
  helper.settings.drain_timeout = testing::kGenerous;  // The pipes close because the one that keeps them is ended.
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.last_exit() == "exit code 0");
  CHECK(helper.services.said == std::vector<std::string>{"bye"});
  REQUIRE(helper.has_said("grandchild "));
  for (const Message& message : helper.messages.recent()) {
    if (message.text.starts_with("grandchild ")) CHECK(testing::ends(std::stoi(message.text.substr(11))));
  }
}

TEST_CASE("a control group is removed with its owner, and its name is free again") {
  const Delegated delegated;
  if (!delegated) return;
  std::string problem;
  {
    const std::optional<Cgroup> first = Cgroup::make(delegated.path(), "helper", {}, problem);
    REQUIRE(first);
    CHECK(first->path() == delegated.path() + "/helper");
  }
  const std::optional<Cgroup> second = Cgroup::make(delegated.path(), "helper", {}, problem);
  REQUIRE(second);
  CHECK(second->path() == delegated.path() + "/helper");
}

TEST_CASE("two runs of one name have a control group each") {
  const Delegated delegated;
  if (!delegated) return;
  std::string problem;
  Launch launch;
  launch.path = KISMET_FAKE_HELPER;
  launch.args = {"silent"};
  const std::optional<Cgroup> old_run = Cgroup::make(delegated.path(), "helper", {}, problem);
  REQUIRE(old_run);
  launch.cgroup = old_run->procs();
  SpawnResult child = spawn(launch);
  REQUIRE(child.has_value());
  testing::ChildGuard guard(std::move(*child));
  {
    const std::optional<Cgroup> new_run = Cgroup::make(delegated.path(), "helper", {}, problem);
    REQUIRE(new_run);
    CHECK(new_run->path() == delegated.path() + "/helper.1");
  }
  old_run->kill();
  CHECK(WTERMSIG(guard.wait()) == SIGKILL);
}

TEST_CASE("a limit whose controller is delegated is written, another one is a problem that names it") {
  const Delegated delegated;
  if (!delegated) return;
  std::string controllers;
  std::getline(std::ifstream(delegated.path() + "/cgroup.controllers"), controllers);
  std::string problem;
  CHECK_FALSE(Cgroup::make(delegated.path(), "helper", {{"nonsense.max", "1"}}, problem));
  CHECK_THAT(problem, Catch::Contains("is the controller \"nonsense\" delegated"));
  for (const char* limit : {"memory.max", "pids.max", "hugetlb.2MB.max"}) {
    const std::string name(limit);
    if (controllers.find(name.substr(0, name.find('.'))) == std::string::npos) continue;
    const std::optional<Cgroup> group = Cgroup::make(delegated.path(), "helper", {{name, "4194304"}}, problem);
    REQUIRE(group);
    std::string written;
    std::getline(std::ifstream(group->path() + "/" + name), written);
    CHECK(written == "4194304");
  }
}

TEST_CASE("limits on all processes need a control group, and a folder that is none is refused") {
  Supervised helper({"echo"});
  helper.definition.group_limits.memory = 1 << 30;
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.has_said("need a control group (helper_cgroup)"));

  const testing::TemporaryFolder folder;
  std::string problem;
  CHECK_FALSE(Cgroup::make(folder.path(), "helper", {}, problem));
  CHECK_THAT(problem, Catch::Contains("is not a control group"));
  CHECK_FALSE(Cgroup::make("/no/such/folder", "helper", {}, problem));
  CHECK_THAT(problem, Catch::Contains("no control group can be made in /no/such/folder"));
}
