#include "server/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "server/config_schema.h"
#include "server/syscall_filter.h"
#include "tests/server/config_files.h"
#include "tests/support/in_child.h"

using namespace kismet;
using testing::in_child;

namespace {

bool opens(const std::string& path, int flags) {
  const UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return static_cast<bool>(file);
}

/// Whether this process was refused with `error`.
bool refused(long result, int error = EPERM) {
  return result < 0 && errno == error;
}

}  // namespace

TEST_CASE(
    "confined files: what may be read cannot be written, what may be written cannot be run, the rest is not there") {
  if (landlock_version() == 0) {
    WARN("skipped: this kernel has no Landlock");
    return;
  }
  const ConfigFolder folder;
  const std::string readable = folder.write("read/file", "x");
  const std::string runnable = folder.write("run/program", "#!/bin/true\n");
  const std::string writable = folder.write("write/file", "#!/bin/true\n");
  const std::string other = folder.write("other/file", "x");
  REQUIRE(::chmod(runnable.c_str(), 0755) == 0);
  REQUIRE(::chmod(writable.c_str(), 0755) == 0);
  const std::vector<PathRule> rules{{folder.path("read"), FileAccess::read},
                                    {folder.path("run"), FileAccess::run},
                                    {folder.path("write"), FileAccess::write},
                                    {folder.path("none"), FileAccess::write},
                                    {"/usr", FileAccess::run},
                                    {"/lib64", FileAccess::run},
                                    {"/bin", FileAccess::run},
                                    {"/lib", FileAccess::run}};
  const auto run = [](const std::string& program) {
    const ::pid_t child = ::fork();
    if (child == 0) {
      ::execl(program.c_str(), program.c_str(), nullptr);
      ::_exit(errno == EACCES ? 13 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  const int step = in_child([&] {
    if (!confine_files(rules).empty()) return 1;
    if (!opens(readable, O_RDONLY) || opens(readable, O_RDWR) || opens(folder.path("read/new"), O_RDWR | O_CREAT))
      return 2;
    if (!opens(runnable, O_RDONLY) || opens(runnable, O_RDWR) || run(runnable) != 0) return 3;
    if (!opens(writable, O_RDWR | O_TRUNC) || !opens(folder.path("write/new"), O_RDWR | O_CREAT)) return 4;
    if (::rename(folder.path("write/new").c_str(), folder.path("write/newer").c_str()) != 0) return 5;
    if (::unlink(folder.path("write/newer").c_str()) != 0 || run(writable) != 13) return 6;
    if (opens(other, O_RDONLY) || opens("/", O_RDONLY | O_DIRECTORY)) return 7;
    int later = 0;
    std::thread([&] { later = opens(other, O_RDONLY) ? 8 : 0; }).join();
    return later;
  });
  CHECK(step == 0);
}

TEST_CASE("filtered system calls: the dangerous are refused, nobody is killed, and ordinary ones go on") {
  const int step = in_child([] {
    if (!filter_system_calls().empty()) return 1;
    if (!refused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr))) return 2;
    if (!refused(::mount("none", "/mnt", "tmpfs", 0, nullptr)) || !refused(::chroot("/"))) return 3;
    if (!refused(::unshare(CLONE_NEWUSER)) || !refused(::syscall(SYS_bpf, 0, nullptr, 0))) return 4;
    if (!refused(::syscall(SYS_io_uring_setup, 1, nullptr)) || !refused(::syscall(SYS_userfaultfd, 0))) return 5;
    if (!refused(::syscall(SYS_clone3, nullptr, 0), ENOSYS)) return 6;
    if (!refused(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr))) return 7;
    bool ran = false;
    std::thread([&] { ran = true; }).join();
    if (!ran) return 8;
    const ::pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return ::waitpid(child, nullptr, 0) == child ? 0 : 9;
  });
  CHECK(step == 0);
}

TEST_CASE("a sandbox knows the folders that the settings name, behind links as well") {
  const ConfigFolder folder;
  folder.write("real/cert.pem", "x");
  std::filesystem::create_symlink(folder.path("real/cert.pem"), folder.path("cert.pem"));
  Config config;
  config.httpd.ssl_certificate = folder.path("cert.pem");
  config.identity.session_db = folder.path("state/session.db");
  config.system.sandbox_read = {"/srv/maps"};
  config.httpd.listen.emplace_back().address.unix_path = "/run/kismet/web";
  config.helpers.definitions.emplace_back().program = folder.write("bin/helper", "");
  REQUIRE(::chmod(folder.path("bin/helper").c_str(), 0755) == 0);
  const std::vector<std::string> files{"/srv/kismet/kismet.conf"};
  const std::vector<PathRule> rules = sandbox_rules(config, files);
  const auto has = [&rules](const std::string& path, FileAccess access) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const PathRule& rule) { return rule.path == path && rule.access == access; });
  };
  CHECK(has(folder.path("real"), FileAccess::read));
  CHECK(has(folder.path("state"), FileAccess::write));
  CHECK(has(folder.path("bin"), FileAccess::run));
  CHECK(has("/srv/maps", FileAccess::run));
  CHECK(has("/run/kismet", FileAccess::write));
  CHECK(has("/srv/kismet", FileAccess::read));
}

TEST_CASE("no setting that names a path is forgotten by the sandbox") {
  for (const Setting& setting : all_settings()) {
    if (!setting.type.starts_with("path") || setting.type == "path of a URL") continue;
    CAPTURE(setting.key);
    Config config = default_config({});
    ValueContext context;
    std::vector<ConfigProblem> problems;
    const std::string folder = "/sandbox/" + setting.key;
    const std::vector<ConfigEntry> entries{{setting.key, folder + "/x", false, {"test", 1}}};
    setting.assign(config, entries, context, problems);
    const std::vector<PathRule> rules = sandbox_rules(config, {});
    CHECK(std::any_of(rules.begin(), rules.end(), [&](const PathRule& rule) { return rule.path.starts_with(folder); }));
  }
}
