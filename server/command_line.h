#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/config.h"
#include "server/ctl_request.h"

namespace kismet {

/// What the process finds around it and the command line may overrule.
struct ProgramEnvironment {
  std::string home;         // $HOME, or the user's entry.
  std::string kismet_conf;  // $KISMET_CONF: the folder of kismet.conf; empty if not set.
  std::string program_dir;  // Of this program.
};
ProgramEnvironment program_environment();

/// What the program was asked to do.
struct CommandLine {
  enum class Action : std::uint8_t {
    run,
    check,
    print_conf,
    print_markdown,
    passwd,
    token_add,
    token_list,
    token_revoke,
    ctl
  };
  Action action = Action::run;
  ConfigSources sources;
  bool daemonize = false;
  std::vector<ConfigProblem> problems;  // Options that are taken and have no effect here.

  // Of the sub-commands.
  std::string username;                    // passwd
  bool print_only = false;                 // passwd
  bool from_stdin = false;                 // passwd
  std::string token_name;                  // token add, revoke
  std::string token_role;                  // token add
  std::chrono::seconds token_duration{0};  // token add; 0 = for ever.
  CtlRequest ctl;
};

/// The command line asked for a text (help, version), or was wrong: what to print, and how to end.
struct CommandLineEnd {
  int exit_code = 0;
  std::string output;
  std::string error_output;
};

/// Reads the arguments, the program's name among them.
std::variant<CommandLine, CommandLineEnd> parse_command_line(const std::vector<std::string>& arguments,
                                                             const ProgramEnvironment& environment);

}  // namespace kismet
