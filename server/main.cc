#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "server/app.h"
#include "server/check.h"
#include "server/command_line.h"
#include "server/config.h"
#include "server/config_reference.h"
#include "server/ctl.h"
#include "server/daemonize.h"
#include "server/exit_code.h"
#include "server/login_commands.h"
#include "server/process_memory.h"
#include "server/server_uuid.h"
#include "server/startup.h"

namespace kismet {
namespace {

int code(ExitCode exit_code) {
  return static_cast<int>(exit_code);
}

/// Prints what people should know before the daemon starts.
void print(const std::vector<ConfigProblem>& problems, bool notes_too) {
  for (const ConfigProblem& problem : problems) {
    if (problem.level == ConfigProblem::Level::note && !notes_too) continue;
    if (problem.summary && notes_too) continue;
    std::cerr << "kismet: " << to_string(problem) << '\n';
  }
}

int run(const CommandLine& line, Config& config, const ConfigReport& report) {
  if (config.system.memory_limit && !limit_memory(*config.system.memory_limit)) {
    std::cerr << "kismet: ulimit_mbytes: the system refused the limit\n";
    return code(ExitCode::failure);
  }
  Background background;
  if (line.daemonize) {
    if (const auto exit_code = background.enter()) return *exit_code;
  }
  Startup startup = start_up(config, report.files);
  if (!startup.error.empty()) {
    std::cerr << "kismet: " << startup.error << '\n';
    return code(startup.code);
  }
  if (config.system.server_uuid.empty()) {
    const ServerUuid kept = kept_server_uuid(config.system.config_dir);
    if (!kept.warning.empty()) startup.troubles.push_back(kept.warning);
    config.system.server_uuid = kept.uuid;
  }
  keep_freed_memory();
  return run_app(config, startup, [&background] {
    drop_startup_code();
    background.ready();
  });
}

int act(const CommandLine& line) {
  using Action = CommandLine::Action;
  if (line.action == Action::print_conf || line.action == Action::print_markdown) {
    std::cout << (line.action == Action::print_conf ? reference_as_conf() : reference_as_markdown());
    return code(ExitCode::ok);
  }
  Config config;
  ConfigReport report = load_config(line.sources, config);
  if (line.action == Action::ctl) {  // What may be wrong with the rest is not its business.
    return ctl_command(line.ctl, config.httpd.control_socket, ::isatty(STDOUT_FILENO) == 1, std::cout, std::cerr);
  }
  report.problems.insert(report.problems.begin(), line.problems.begin(), line.problems.end());
  if (line.action == Action::check) {
    const CheckResult result = check_config(config, report);
    std::cout << result.text;
    return code(result.good ? ExitCode::ok : ExitCode::configuration);
  }
  print(report.problems, config.system.console == ConsoleMode::debug);
  if (report.has_errors()) {
    std::cerr << "kismet: the configuration has errors\n";
    return code(ExitCode::configuration);
  }
  if (line.action != Action::run) return login_command(line, config, report, std::cout, std::cerr);
  return run(line, config, report);
}

int main_of(const std::vector<std::string>& arguments) {
  open_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // Inherited as ignored, it would hide how helpers end.
  const auto parsed = parse_command_line(arguments, program_environment());
  if (const auto* end = std::get_if<CommandLineEnd>(&parsed)) {
    std::cout << end->output;
    std::cerr << end->error_output;
    return end->exit_code;
  }
  return act(std::get<CommandLine>(parsed));
}

}  // namespace
}  // namespace kismet

int main(int argc, char** argv) {
  try {
    return kismet::main_of({argv, argv + argc});
  } catch (const std::exception& bug) {
    std::cerr << "kismet: " << bug.what() << '\n';
    return static_cast<int>(kismet::ExitCode::failure);
  }
}
