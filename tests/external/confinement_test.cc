#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/external/supervised.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using testing::Supervised;

TEST_CASE("a helper that eats memory ends at its limit") {
  Supervised helper({"eat-memory"});
  helper.definition.limits.memory = 64 << 20;
  helper.definition.limits.core_size = 0;
  helper.start();
  REQUIRE(helper.ends());
  const HelperReportPtr report = helper.supervisor->snapshot().last_report;
  REQUIRE(report);
  CHECK(report->exit == "SIGABRT");
  CHECK(report->use.peak_memory < 64 << 20);
  CHECK_THAT(report->hint, Catch::Contains("memory="));
}

TEST_CASE("a helper that eats CPU time ends at its limit") {
  Supervised helper({"eat-cpu"});
  helper.definition.limits.cpu_seconds = 1;
  helper.start();
  REQUIRE(helper.ends());
  const HelperReportPtr report = helper.supervisor->snapshot().last_report;
  REQUIRE(report);
  CHECK_THAT(report->exit, Catch::StartsWith("SIGXCPU"));
  CHECK_THAT(report->hint, Catch::Contains("cpu_seconds="));
}

TEST_CASE("a helper that leaks descriptors meets its limit") {
  Supervised helper({"leak-fds"});
  helper.definition.limits.open_files = 16;
  helper.start();
  REQUIRE(helper.ends());
  CHECK(helper.has_said("open: Too many open files"));
  CHECK_THAT(helper.supervisor->snapshot().last_report->hint, Catch::Contains("open_files="));
}

TEST_CASE("a fork bomb meets the limit of its user, and all of it goes with the helper") {
  if (::geteuid() != 0) return;  // Only root may give it another user, and for root itself there is no such limit.
  const testing::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  Supervised helper({"fork-bomb"});
  helper.definition.program = folder.file("fake_helper");
  std::filesystem::copy_file(KISMET_FAKE_HELPER, helper.definition.program);
  helper.definition.user = "64123";
  helper.definition.limits.processes = 20;
  helper.start();
  REQUIRE(helper.says("fork: Resource temporarily unavailable"));
  const ::pid_t group = helper.supervisor->snapshot().pid;
  CHECK(::kill(-group, 0) == 0);
  helper.on_loop([&] { helper.supervisor->request_stop(); });
  REQUIRE(helper.ends());
  CHECK(testing::run_until(helper.loop, [group] { return ::kill(-group, 0) != 0; }));
}
