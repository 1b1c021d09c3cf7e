#include "server/command_line.h"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "server/build_info.h"
#include "server/config_schema.h"
#include "server/config_value.h"
#include "server/ctl_options.h"
#include "server/exit_code.h"

namespace kismet {
namespace {

constexpr const char* kFooter =
    "Signals: INT and TERM stop in order, HUP reads logins, keys and the certificate again.\n"
    "Exit codes: 0 stopped in order, 1 wrong usage or configuration, 2 cannot listen, 3 other failure.";

/// The options as they were written, before they are made sense of.
struct Options {
  std::string config_file, conf_dir, data_dir, home_dir, bin_dir;
  std::vector<std::string> overrides, settings, capture_sources;
  std::string log_types, log_title, log_prefix, device_timeout, duration, print;
  bool silent = false, debug = false, daemonize = false, no_plugins = false, no_logging = false;
  bool check = false, strict = false, console_option = false;
};

/// Each use of such an option takes one value; what follows may be a sub-command.
void take_one_at_a_time(CLI::Option* option) {
  option->allow_extra_args(false);
}

void add_options(CLI::App& app, Options& options) {
  const auto option = [&app](const char* names, auto& value, const char* type, const char* help) {
    return app.add_option(names, value, help)->type_name(type);
  };
  option("-f,--config-file", options.config_file, "FILE", "Configuration, in place of kismet.conf in --confdir");
  option("--confdir", options.conf_dir, "DIR", "Folder of kismet.conf, the %E of paths; else $KISMET_CONF");
  option("--datadir", options.data_dir, "DIR", "Folder of the web pages, the %S of paths");
  option("--homedir", options.home_dir, "DIR", "Home, the %h of paths");
  option("--bindir", options.bin_dir, "DIR", "Folder of helpers, the %B of paths; else that of this program");
  take_one_at_a_time(option("--override", options.overrides, "FLAVOR|FILE",
                            "Read last: kismet_FLAVOR.conf in --confdir, or a file; may be repeated"));
  take_one_at_a_time(
      option("--set", options.settings, "KEY=VALUE", "Takes the place of what files say; may be repeated"));
  app.add_flag("--check", options.check, "Reads everything, says what would run, and ends: 0 if it would start");
  app.add_flag("--strict", options.strict, "Unknown keys, and with --check missing helpers, are errors");
  option("--print-settings", options.print, "FORMAT", "Prints all settings with their defaults: conf or markdown")
      ->check(CLI::IsMember({"conf", "markdown"}));
  app.add_flag("-s,--silent", options.silent, "Nothing on the console but errors");
  app.add_flag("--debug", options.debug, "Debug messages on the console");
  app.add_flag("--daemonize", options.daemonize, "Goes into the background once it listens");
  option("-T,--log-types", options.log_types, "TYPES", "Kinds of logs, as log_types=");
  option("-t,--log-title", options.log_title, "TITLE", "Title of logs, as log_title=");
  option("-p,--log-prefix", options.log_prefix, "DIR", "Folder of logs, as log_prefix=");
  app.add_flag("-n,--no-logging", options.no_logging, "No logs");
  app.add_flag("--no-plugins,--disable-plugins", options.no_plugins, "No plugins");
  const char* const foreign = "Of Kismet's; no effect here";
  take_one_at_a_time(option("-c,--capture-source", options.capture_sources, "SOURCE", foreign));
  option("--device-timeout", options.device_timeout, "N", foreign);
  app.add_flag("--no-line-wrap,--no-ncurses,--no-ncurses-wrapper,--no-console-wrapper", options.console_option,
               foreign);
}

/// Each sub-command takes the options of the program too, before or after its name.
struct SubCommands {
  SubCommands(CLI::App& app, CommandLine& line, Options& options) {
    passwd = app.add_subcommand("passwd", "Sets name and password of the login")->fallthrough();
    passwd->add_option("USERNAME", line.username, "Name of the login; else the one that is set, or kismet");
    passwd->add_flag("--stdin", line.from_stdin, "Takes the password from standard input, not from the terminal");
    passwd->add_flag("--print", line.print_only, "Prints the lines for a configuration file, and writes nothing");
    token = app.add_subcommand("token", "API keys")->fallthrough()->require_subcommand(1);
    add = token->add_subcommand("add", "Makes an API key and prints it, once")->fallthrough();
    add->add_option("NAME", line.token_name, "Name of the key")->required();
    add->add_option("--role", line.token_role, "What it may do: readonly, admin, datasource, helper, or another role")
        ->default_str("readonly");
    add->add_option("--duration", options.duration, "How long it is valid, as 30d; for ever if not given");
    list = token->add_subcommand("list", "Lists the API keys")->fallthrough();
    revoke = token->add_subcommand("revoke", "Ends an API key")->fallthrough();
    revoke->add_option("NAME", line.token_name, "Name of the key")->required();
    ctl = add_ctl(app, line.ctl);
  }
  CommandLine::Action action(const Options& options) const {
    using Action = CommandLine::Action;
    if (passwd->parsed()) return Action::passwd;
    if (add->parsed()) return Action::token_add;
    if (list->parsed()) return Action::token_list;
    if (revoke->parsed()) return Action::token_revoke;
    if (ctl->parsed()) return Action::ctl;
    if (!options.print.empty()) return options.print == "conf" ? Action::print_conf : Action::print_markdown;
    return options.check ? Action::check : Action::run;
  }
  CLI::App *passwd, *token, *add, *list, *revoke, *ctl;
};

std::string first_of(const std::string& a, const std::string& b, const std::string& c = {}) {
  return !a.empty() ? a : !b.empty() ? b : c;
}

/// A --set KEY=VALUE as an assignment. Returns what is wrong with it.
std::string read_setting(const std::string& text, std::vector<ConfigSources::Assignment>& out) {
  const std::size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
  if (equals == std::string::npos || key.empty() || equals + 1 == text.size()) {
    return "--set takes KEY=VALUE, not " + in_quotes(text);
  }
  const Setting* setting = find_setting(key);
  if (setting && setting->secret) return "--set " + key + ": what stands on a command line is no secret; use a file";
  const std::string value = text.substr(equals + 1);
  for (ConfigSources::Assignment& earlier : out) {
    if (earlier.option == "--set" && earlier.key == key && setting && setting->repeated) {
      earlier.values.push_back(value);
      return {};
    }
  }
  std::erase_if(out, [&key](const auto& earlier) { return earlier.option == "--set" && earlier.key == key; });
  out.push_back({"--set", key, {value}});
  return {};
}

/// Settings that have an option of their own.
void add_assignments(const Options& options, std::vector<ConfigSources::Assignment>& out) {
  const auto set = [&out](const char* option, const char* key, const std::string& value) {
    if (!value.empty()) out.push_back({option, key, {value}});
  };
  set("--log-types", "log_types", options.log_types);
  set("--log-title", "log_title", options.log_title);
  set("--log-prefix", "log_prefix", options.log_prefix);
  set("--no-logging", "enable_logging", options.no_logging ? "false" : "");
  set("--no-plugins", "allowplugins", options.no_plugins ? "false" : "");
  set("--silent", "console", options.silent ? "silent" : "");
  set("--debug", "console", options.debug ? "debug" : "");
}

void note_foreign(const Options& options, std::vector<ConfigProblem>& out) {
  using Level = ConfigProblem::Level;
  if (!options.capture_sources.empty()) {
    out.push_back({Level::warning, {"--capture-source", 0}, "no effect: this daemon does not capture packets"});
  }
  if (!options.device_timeout.empty()) {
    out.push_back({Level::note, {"--device-timeout", 0}, "no effect: this daemon does not track devices"});
  }
  if (options.console_option) {
    out.push_back({Level::note, {"--no-ncurses", 0}, "no effect: the console is always plain lines"});
  }
}

/// What follows from the options as a whole. Returns what is wrong with them.
std::string understand(const Options& options, const ProgramEnvironment& environment, CommandLine& line) {
  ConfigSources& sources = line.sources;
  sources.config_file = options.config_file;
  sources.conf_dir = first_of(options.conf_dir, environment.kismet_conf, std::string(build_info().config_dir));
  sources.data_dir = first_of(options.data_dir, std::string(build_info().data_dir));
  sources.home_dir = first_of(options.home_dir, environment.home, "/");
  sources.home_given = !options.home_dir.empty();
  sources.bin_dir = first_of(options.bin_dir, environment.program_dir);
  sources.overrides = options.overrides;
  sources.strict = options.strict;
  sources.start = WallTime::clock::now();
  line.daemonize = options.daemonize;
  add_assignments(options, sources.assignments);
  note_foreign(options, line.problems);
  for (const std::string& setting : options.settings) {
    if (std::string wrong = read_setting(setting, sources.assignments); !wrong.empty()) return wrong;
  }
  if (!options.duration.empty()) {
    ValueContext context;
    const auto type = duration<std::chrono::seconds>(TimeUnit::seconds, std::chrono::seconds(1));
    const std::string wrong = type.parse(options.duration, line.token_duration, context);
    if (!wrong.empty()) return "--duration: " + wrong;
  }
  return {};
}

CommandLineEnd wrong_usage(const std::string& text) {
  return {static_cast<int>(ExitCode::configuration), "", "kismet: " + text + "\nkismet --help lists the options.\n"};
}

}  // namespace

ProgramEnvironment program_environment() {
  ProgramEnvironment out;
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value ? value : "");
  };
  out.home = variable("HOME");
  if (!out.home.starts_with('/')) {
    const passwd* const user = getpwuid(geteuid());
    out.home = user && user->pw_dir ? user->pw_dir : "";
  }
  out.kismet_conf = variable("KISMET_CONF");
  std::error_code ignored;
  out.program_dir = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
  return out;
}

std::variant<CommandLine, CommandLineEnd> parse_command_line(const std::vector<std::string>& arguments,
                                                             const ProgramEnvironment& environment) {
  CommandLine line;
  Options options;
  CLI::App app("kismet: serves what helper programs register on the Kismet External Interface", "kismet");
  app.footer(kFooter);
  app.set_version_flag("-v,--version", "kismet " + std::string(build_info().version));
  add_options(app, options);
  const SubCommands commands(app, line, options);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  if (!reversed.empty()) reversed.pop_back();  // The program's own name.
  try {
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    std::ostringstream out, error;
    app.exit(asked, out, error);
    return CommandLineEnd{0, out.str(), error.str()};
  } catch (const CLI::ParseError& wrong) {
    return wrong_usage(wrong.what());
  }
  if (std::string wrong = understand(options, environment, line); !wrong.empty()) return wrong_usage(wrong);
  line.action = commands.action(options);
  if (line.token_role.empty()) line.token_role = "readonly";
  return line;
}

}  // namespace kismet
