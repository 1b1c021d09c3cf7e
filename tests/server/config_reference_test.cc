#include "server/config_reference.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "server/config_schema.h"
#include "server/helper_line.h"
#include "tests/server/config_files.h"

using namespace kismet;

namespace {

const std::string kTree = KISMET_SOURCE_DIR;

std::string content(const std::string& name) {
  std::ifstream file(kTree + "/" + name);
  REQUIRE(file);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

/// Where each section's settings are shown.
std::string conf_of(std::string_view section) {
  if (section == "Web server" || section == "Logins" || section == "Limits of the web server")
    return "conf/kismet_httpd.conf";
  if (section == "Lives of helpers" || section == "Limits of helpers") return "conf/kismet_helpers.conf";
  if (section == "Logging") return "conf/kismet_logging.conf";
  if (section == "Events and messages") return "conf/kismet_logging.conf";
  return "conf/kismet.conf";
}

}  // namespace

TEST_CASE("the files of conf/ show every setting as the program has it (kismet --print-settings conf)") {
  for (const std::string& section : setting_sections()) {
    CAPTURE(section);
    const bool shown = content(conf_of(section)).find(settings_as_conf(section)) != std::string::npos;
    CHECK(shown);
  }
  const bool shown = content("conf/kismet.conf").find(helper_keys_as_conf()) != std::string::npos;
  CHECK(shown);
}

TEST_CASE("docs/CONFIGURATION.md lists every setting as the program has it (kismet --print-settings markdown)") {
  const bool shown = content("docs/CONFIGURATION.md").find(reference_as_markdown()) != std::string::npos;
  CHECK(shown);
}

TEST_CASE("conf/kismet.conf is read without a word, and defines the two demo helpers") {
  ConfigSources sources;
  sources.conf_dir = kTree + "/conf";
  sources.strict = true;
  Config config;
  const ConfigReport report = load_config(sources, config);
  for (const ConfigProblem& problem : report.problems) UNSCOPED_INFO(to_string(problem));
  CHECK(report.problems.empty());
  REQUIRE(config.helpers.definitions.size() == 2);
  CHECK(config.helpers.definitions[0].program == "kismet_demo");
  CHECK(config.helpers.definitions[1].program == "kismet_demo.py");
  CHECK(report.files.size() == 4);
}

TEST_CASE("what the reference shows can be written so: each default and each example is taken") {
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.key);
    if (setting.type.empty()) continue;
    const bool shown = !setting.defaults.empty() || !setting.example.empty();
    CHECK(shown);
    if (setting.example.empty()) continue;
    Config config;
    ValueContext context;
    std::vector<ConfigProblem> problems;
    const std::vector<ConfigEntry> entries{{setting.key, setting.example, false, {"example", 1}}};
    setting.assign(config, entries, context, problems);
    CHECK(problems.empty());
    CHECK_FALSE(setting.show(config).empty());
  }
}

TEST_CASE("the reference as a configuration is comments alone, and none of its lines is long") {
  std::istringstream lines(reference_as_conf());
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK((line.empty() || line.front() == '#'));
    CHECK(line.size() <= 100);
  }
}
