#include "server/rights.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "external/launch.h"
#include "tests/server/config_files.h"
#include "tests/support/in_child.h"

using namespace kismet;
using Catch::Matchers::Contains;
using testing::in_child;

namespace {

constexpr unsigned kNobody = 65534;

}  // namespace

TEST_CASE("root's rights, once given up, are gone for good") {
  if (::geteuid() != 0) {
    WARN("skipped: only root has rights to give up");
    return;
  }
  const int step = in_child([] {
    const RunAs nobody{kNobody, kNobody, {kNobody, 65533}};
    if (!give_up_rights(nobody).empty()) return 1;
    if (::getuid() != kNobody || ::geteuid() != kNobody || ::getgid() != kNobody) return 2;
    if (!is_already(nobody)) return 3;
    if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0 || ::setgroups(0, nullptr) == 0) return 4;
    if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 5;
    return ::chown("/", kNobody, kNobody) == 0 ? 6 : 0;
  });
  CHECK(step == 0);
}

TEST_CASE("rights cannot be given up in favour of root") {
  CHECK(in_child([] { return give_up_rights({0, 0, {0}}).empty() ? 1 : 0; }) == 0);
}

TEST_CASE("who is somebody already need not become it") {
  RunAs me{::geteuid(), ::getegid(), {}};
  me.groups.resize(static_cast<std::size_t>(::getgroups(0, nullptr)));
  REQUIRE(::getgroups(static_cast<int>(me.groups.size()), me.groups.data()) >= 0);
  CHECK(is_already(me));
  std::reverse(me.groups.begin(), me.groups.end());
  CHECK(is_already(me));
  me.groups.push_back(54321);
  CHECK_FALSE(is_already(me));
  ++me.user;
  CHECK_FALSE(is_already(me));
}

TEST_CASE("a group without a user, and users that are not there, are refused") {
  Config config;
  CHECK(wrong_rights(config).second.empty());
  config.system.group = "0";
  CHECK(wrong_rights(config) == std::pair<std::string, std::string>("group", "needs user beside it"));
  config.system.user = "no-such-user-here";
  CHECK(wrong_rights(config).first == "user");
  CHECK_THAT(wrong_rights(config).second, Contains("no-such-user-here"));
  config.system.user = "0";
  CHECK(wrong_rights(config).first == "user");
}

TEST_CASE("a helper cannot have another user than the one that the daemon becomes") {
  Config config;
  HelperDefinition helper;
  helper.name = "capture";
  helper.user = "54321";
  CHECK(wrong_rights(config, helper).empty());
  config.system.user = "12345";
  REQUIRE(wrong_rights(config, helper).size() == 1);
  CHECK_THAT(wrong_rights(config, helper)[0], Contains("user and group of capture cannot be had"));
  helper.user = "12345";
  CHECK(wrong_rights(config, helper).empty());
  helper.group = "54321";
  CHECK(wrong_rights(config, helper).size() == 1);
}

TEST_CASE("a program with more rights than its starter is known, and refused in a sandbox alone") {
  const ConfigFolder folder;
  HelperDefinition helper;
  helper.name = "raised";
  helper.program = folder.write("raised", "");
  Config config;
  for (const auto& [mode, rights] :
       {std::pair{0755U, ""}, std::pair{04755U, "set-uid"}, std::pair{02755U, "set-gid"}}) {
    REQUIRE(::chmod(helper.program.c_str(), mode) == 0);
    CHECK(extra_rights_of(helper.program) == rights);
    config.system.sandbox = SandboxMode::off;
    CHECK(wrong_rights(config, helper).empty());
    config.system.sandbox = SandboxMode::on;
    CHECK(wrong_rights(config, helper).size() == (mode == 0755 ? 0 : 1));
  }
}
