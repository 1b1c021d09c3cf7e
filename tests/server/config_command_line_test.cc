#include <catch2/catch.hpp>

#include "server/command_line.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

using Action = CommandLine::Action;
using Catch::Matchers::Contains;

std::variant<CommandLine, CommandLineEnd> parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "kismet");
  return parse_command_line(arguments, {"/home/ada", "/conf/of/env", "/usr/bin"});
}

CommandLine good(std::vector<std::string> arguments) {
  const auto parsed = parse(std::move(arguments));
  if (const auto* end = std::get_if<CommandLineEnd>(&parsed)) FAIL(end->error_output + end->output);
  return std::get<CommandLine>(parsed);
}

CommandLineEnd end_of(std::vector<std::string> arguments) {
  const auto parsed = parse(std::move(arguments));
  REQUIRE(std::holds_alternative<CommandLineEnd>(parsed));
  return std::get<CommandLineEnd>(parsed);
}

std::string assigned(const CommandLine& line, const std::string& key) {
  for (const auto& assignment : line.sources.assignments) {
    if (assignment.key == key) return assignment.option + " " + assignment.values.front();
  }
  return {};
}

}  // namespace

TEST_CASE("without arguments the environment says where things are") {
  const CommandLine line = good({});
  CHECK(line.action == Action::run);
  CHECK(line.sources.config_file.empty());
  CHECK(line.sources.conf_dir == "/conf/of/env");
  CHECK(line.sources.home_dir == "/home/ada");
  CHECK(line.sources.bin_dir == "/usr/bin");
  CHECK_FALSE(line.sources.data_dir.empty());
  CHECK_FALSE(line.daemonize);
  CHECK(line.problems.empty());
}

TEST_CASE("options say otherwise") {
  const CommandLine line =
      good({"-f", "my.conf", "--confdir", "/c", "--homedir=/h", "--datadir", "/d", "--bindir", "/b", "--override",
            "lab", "--override", "x.conf", "--check", "--strict", "--daemonize"});
  CHECK(line.action == Action::check);
  CHECK(line.sources.config_file == "my.conf");
  CHECK(line.sources.conf_dir == "/c");
  CHECK(line.sources.home_dir == "/h");
  CHECK(line.sources.data_dir == "/d");
  CHECK(line.sources.bin_dir == "/b");
  CHECK(line.sources.overrides == std::vector<std::string>{"lab", "x.conf"});
  CHECK(line.sources.strict);
  CHECK(line.daemonize);
}

TEST_CASE("options of logs, plugins and the console become settings") {
  CHECK(assigned(good({"-T", "kismet,pcapng"}), "log_types") == "--log-types kismet,pcapng");
  CHECK(assigned(good({"-t", "title"}), "log_title") == "--log-title title");
  CHECK(assigned(good({"-p", "/logs"}), "log_prefix") == "--log-prefix /logs");
  CHECK(assigned(good({"-n"}), "enable_logging") == "--no-logging false");
  CHECK(assigned(good({"--no-plugins"}), "allowplugins") == "--no-plugins false");
  CHECK(assigned(good({"--disable-plugins"}), "allowplugins") == "--no-plugins false");
  CHECK(assigned(good({"-s"}), "console") == "--silent silent");
  CHECK(assigned(good({"--debug"}), "console") == "--debug debug");
}

TEST_CASE("option --set sets any key, the last one wins, and repeated keys gather") {
  const CommandLine line =
      good({"--set", "Httpd_Port=1", "--set", "httpd_port=2", "--set", "helper=a", "--set", "helper=b:name=c=d"});
  CHECK(assigned(line, "httpd_port") == "--set 2");
  REQUIRE(line.sources.assignments.size() == 2);
  CHECK(line.sources.assignments[1].values == std::vector<std::string>{"a", "b:name=c=d"});
}

TEST_CASE("option --set refuses what is no setting, and secrets") {
  for (const char* wrong : {"httpd_port", "=1", "httpd_port="}) {
    CAPTURE(wrong);
    CHECK(end_of({"--set", wrong}).exit_code == 1);
  }
  const CommandLineEnd end = end_of({"--set", "httpd_password=hunter2"});
  CHECK(end.exit_code == 1);
  CHECK_THAT(end.error_output, Contains("no secret") && !Contains("hunter2"));
}

TEST_CASE("options that only Kismet's capture has are taken") {
  const CommandLine line = good({"-c", "wlan0", "-c", "wlan1:name=x", "--device-timeout=60", "--no-line-wrap",
                                 "--no-ncurses", "--no-ncurses-wrapper", "--no-console-wrapper"});
  REQUIRE(line.problems.size() == 3);
  CHECK(line.problems[0].level == ConfigProblem::Level::warning);
  CHECK_THAT(to_string(line.problems[0]), Contains("--capture-source: warning: no effect"));
}

TEST_CASE("help and version go to standard output and end well") {
  for (const char* option : {"-h", "--help", "-v", "--version"}) {
    CAPTURE(option);
    const CommandLineEnd end = end_of({option});
    CHECK(end.exit_code == 0);
    CHECK(end.error_output.empty());
    CHECK_THAT(end.output, Contains("kismet"));
  }
  CHECK_THAT(end_of({"--help"}).output, Contains("Exit codes: 0") && Contains("--check") && Contains("passwd"));
  CHECK_THAT(end_of({"token", "add", "--help"}).output, Contains("--role"));
}

TEST_CASE("wrong usage is said on standard error") {
  const std::vector<std::vector<std::string>> wrong{{"--no-such-option"},
                                                    {"-f"},
                                                    {"stray"},
                                                    {"token"},
                                                    {"token", "add"},
                                                    {"token", "add", "x", "--duration", "soon"}};
  for (const auto& arguments : wrong) {
    CAPTURE(arguments);
    const CommandLineEnd end = end_of(arguments);
    CHECK(end.exit_code == 1);
    CHECK(end.output.empty());
    CHECK_THAT(end.error_output, Catch::Matchers::StartsWith("kismet: "));
  }
}

TEST_CASE("the table of settings can be had in two formats") {
  CHECK(good({"--print-settings", "conf"}).action == Action::print_conf);
  CHECK(good({"--print-settings=markdown"}).action == Action::print_markdown);
  CHECK(end_of({"--print-settings", "xml"}).exit_code == 1);
}

TEST_CASE("sub-commands take the program's options too") {
  const CommandLine passwd = good({"passwd", "ada", "--stdin", "-f", "my.conf"});
  CHECK(passwd.action == Action::passwd);
  CHECK(passwd.username == "ada");
  CHECK(passwd.from_stdin);
  CHECK(passwd.sources.config_file == "my.conf");

  const CommandLine add =
      good({"--homedir", "/h", "token", "add", "scanner", "--role", "datasource", "--duration", "30d"});
  CHECK(add.action == Action::token_add);
  CHECK(add.token_name == "scanner");
  CHECK(add.token_role == "datasource");
  CHECK(add.token_duration == 30 * 24h);
  CHECK(add.sources.home_dir == "/h");

  CHECK(good({"token", "add", "x"}).token_role == "readonly");
  CHECK(good({"--set", "httpd_port=1", "token", "list"}).action == Action::token_list);
  CHECK(good({"token", "list"}).action == Action::token_list);
  CHECK(good({"token", "revoke", "scanner"}).token_name == "scanner");
}
