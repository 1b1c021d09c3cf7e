#include "external/launch.h"

#include <unistd.h>

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

using Env = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const Env kInherited{"PATH=/bin", "LANG=C", "LC_ALL=C", "SECRET=x"};

std::string limits_of(const Launch& launch) {
  std::string text;
  for (const auto& [which, limit] : launch.limits) {
    text += which == RLIMIT_AS ? "memory" : which == RLIMIT_CPU ? "cpu" : which == RLIMIT_CORE ? "core" : "?";
    text += " " + std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max) + ", ";
  }
  return text;
}

HelperDefinition shell() {
  HelperDefinition definition;
  definition.name = "shell";
  definition.program = "/bin/sh";
  return definition;
}

}  // namespace

TEST_CASE("a helper inherits everything, or only what its definition lists") {
  CHECK(make_environment(kInherited, std::nullopt, {}) == kInherited);
  CHECK(make_environment(kInherited, Env{"PATH", "LC_*"}, {}) == Env{"PATH=/bin", "LC_ALL=C"});
  CHECK(make_environment(kInherited, Env{}, {}).empty());
}

TEST_CASE("what a definition adds replaces what is inherited, the last one winning") {
  const Pairs additions{{"LANG", "de"}, {"NEW", "1"}, {"NEW", "2"}};
  CHECK(make_environment(kInherited, Env{"LANG"}, additions) == Env{"LANG=de", "NEW=2"});
}

TEST_CASE("a definition becomes a launch with path, arguments, environment and limits") {
  HelperDefinition definition = shell();
  definition.args = {"-c", "true"};
  definition.env = {{"A", "b"}, {"KISMET_ETC", "mine"}};
  definition.limits.memory = 1000;
  definition.limits.cpu_seconds = 7;
  definition.limits.core_size = 0;
  definition.nice = 3;
  definition.no_new_privileges = true;
  definition.working_directory = "/tmp";
  const auto launch = make_launch(definition, Env{}, Pairs{{"KISMET_ETC", "/etc"}, {"B", "c"}});
  REQUIRE(launch.has_value());
  CHECK(launch->path == "/bin/sh");
  CHECK(launch->args == Env{"-c", "true"});
  CHECK(launch->env == Env{"KISMET_ETC=mine", "B=c", "A=b"});
  CHECK(limits_of(*launch) == "memory 1000 1000, cpu 7 12, core 0 0, ");
  CHECK(launch->nice == 3);
  CHECK(launch->no_new_privileges);
  CHECK(launch->working_directory == "/tmp");
  CHECK_FALSE(launch->identity);
}

TEST_CASE("a user is found by name or number, with its groups and its HOME") {
  HelperDefinition definition = shell();
  definition.user = "nobody";
  const auto launch = make_launch(definition, Env{"HOME=/root", "USER=root"}, {});
  REQUIRE(launch.has_value());
  REQUIRE(launch->identity);
  CHECK(launch->identity->user == 65534);
  CHECK_FALSE(launch->identity->groups.empty());
  CHECK(launch->env == Env{"HOME=/nonexistent", "USER=nobody", "LOGNAME=nobody"});
  definition.user = "4711";
  definition.group = "0";
  const auto by_number = make_launch(definition, {}, {});
  REQUIRE(by_number.has_value());
  CHECK(by_number->identity->user == 4711);
  CHECK(by_number->identity->group == 0);
}

TEST_CASE("an unknown user, group or program is a problem that says which") {
  HelperDefinition definition = shell();
  definition.user = "no-such-user";
  CHECK(make_launch(definition, {}, {}).error().text == "there is no user \"no-such-user\"");
  definition.user = "";
  definition.group = "no-such-group";
  CHECK(make_launch(definition, {}, {}).error().text == "there is no group \"no-such-group\"");
  definition = shell();
  definition.program = "/no/such/program";
  CHECK_THAT(make_launch(definition, {}, {}).error().text, Catch::Contains("/no/such/program: no such file"));
}
