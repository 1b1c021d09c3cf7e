#include "server/sandbox.h"

#include <sys/prctl.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/make_folder.h"
#include "external/helper_lookup.h"
#include "server/app_parts.h"
#include "server/plugins.h"
#include "server/syscall_filter.h"

namespace kismet {
namespace {

/// Gathers rules. A path that is a link counts as what it points to, too.
class Rules {
 public:
  void add(FileAccess access, const std::string& path) {
    if (path.empty()) return;
    rules_.push_back({path, access});
    std::error_code ignored;
    std::string real = std::filesystem::weakly_canonical(path, ignored).string();
    if (!real.empty() && real != path) rules_.push_back({std::move(real), access});
  }
  void add(FileAccess access, std::initializer_list<const char*> paths) {
    for (const char* path : paths) add(access, std::string(path));
  }
  /// What is in the folder of a file that is replaced as a whole, or whose neighbours belong to it.
  void add_folder_of(FileAccess access, const std::string& file) {
    if (file.empty()) return;
    add(access, folder_of(file));
    std::error_code ignored;
    add(access, folder_of(std::filesystem::weakly_canonical(file, ignored).string()));
  }
  std::vector<PathRule> take() { return std::move(rules_); }

 private:
  std::vector<PathRule> rules_;
};

void add_system(Rules& rules) {
  rules.add(FileAccess::run, {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"});
  rules.add(FileAccess::read, {"/etc", "/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/localtime"});
  rules.add(FileAccess::write, {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
                                "/dev/ptmx", "/dev/pts", "/dev/shm", "/var/tmp"});
  const char* const temporary = std::getenv("TMPDIR");
  rules.add(FileAccess::write, std::string(temporary ? temporary : "/tmp"));
}

void add_helpers(const Config& config, Rules& rules) {
  for (const std::string& folder : config.helpers.binary_path) rules.add(FileAccess::run, folder);
  for (const HelperDefinition& helper : config.helpers.definitions) {
    if (const auto program = find_program(helper.program, config.helpers.binary_path)) {
      rules.add_folder_of(FileAccess::run, *program);
    }
    rules.add(FileAccess::run, helper.working_directory);
  }
  if (config.helpers.allow_plugins) {
    for (const std::string& folder : plugin_folders(config)) rules.add(FileAccess::run, folder);
  }
  for (const std::string& folder : config.helpers.plugin_folders) rules.add(FileAccess::run, folder);
  rules.add(FileAccess::run, config.system.config_dir + "/plugins");
  rules.add(FileAccess::write, config.helpers.settings.cgroup);
  rules.add(FileAccess::write, config.helpers.spill_folder);
  rules.add(FileAccess::write, config.helpers.spill_folder);
}

}  // namespace

std::vector<PathRule> sandbox_rules(const Config& config, std::span<const std::string> config_files) {
  Rules rules;
  add_system(rules);
  add_helpers(config, rules);
  for (const std::string& file : config_files) rules.add_folder_of(FileAccess::read, file);
  rules.add(FileAccess::read, config.sources.conf_dir);
  rules.add(FileAccess::read, config.httpd.home);
  rules.add(FileAccess::read, config.httpd.user_home);
  for (const std::string& file : {config.httpd.ssl_certificate, config.httpd.ssl_key, config.remote.ssl_certificate,
                                  config.remote.ssl_key, config.remote.client_ca}) {
    rules.add_folder_of(FileAccess::read, file);
  }
  for (const std::string* file : {&config.remote.ssl_certificate, &config.remote.ssl_key, &config.remote.client_ca}) {
    rules.add_folder_of(FileAccess::read, *file);
  }
  rules.add(FileAccess::write, config.system.config_dir);
  rules.add_folder_of(FileAccess::write, config.identity.auth_file);
  rules.add_folder_of(FileAccess::write, config.identity.session_db);
  rules.add_folder_of(FileAccess::write, config.httpd.access_log.path);
  if (log_wanted(config.logging)) rules.add(FileAccess::write, log_folder(config));
  rules.add_folder_of(FileAccess::write, config.httpd.control_socket);
  for (const WebListener& listener : config.httpd.listen) {
    rules.add_folder_of(FileAccess::write, listener.address.unix_path);
  }
  for (const std::string& path : config.system.sandbox_read) rules.add(FileAccess::run, path);
  for (const std::string& path : config.system.sandbox_write) rules.add(FileAccess::write, path);
  return rules.take();
}

Confined confine(std::span<const PathRule> rules) {
  Confined result;
  const std::string no_files = confine_files(rules);
  const std::string no_calls = filter_system_calls();
  if (no_files.empty()) result.remark = "files (Landlock " + std::to_string(landlock_version()) + ")";
  if (no_calls.empty()) result.remark += std::string(result.remark.empty() ? "" : " and ") + "system calls (seccomp)";
  if (!result.remark.empty())
    result.remark = "sandbox: " + result.remark + " of the daemon and its helpers are confined";
  if (!no_files.empty()) result.shortfalls.push_back("files are not confined: " + no_files);
  if (!no_calls.empty()) result.shortfalls.push_back("system calls are not confined: " + no_calls);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return result;
}

}  // namespace kismet
