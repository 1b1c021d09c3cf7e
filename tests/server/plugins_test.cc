#include "server/plugins.h"

#include <algorithm>

#include "server/config.h"
#include "tests/server/config_files.h"

using namespace kismet;
using Texts = std::vector<std::string>;

namespace {

const std::string kWhole = "name=Demo\ndescription=Shows\nauthor=Ada\nversion=1.0\n";

Texts texts_of(const std::vector<ConfigProblem>& problems) {
  Texts texts;
  for (const ConfigProblem& problem : problems) {
    CHECK(problem.level == ConfigProblem::Level::warning);  // No plugin keeps the daemon from starting.
    texts.push_back((problem.place.line ? std::to_string(problem.place.line) + ": " : "") + problem.text);
  }
  return texts;
}

/// What a manifest makes of a plugin in the folder "demo".
struct Reading {
  explicit Reading(std::string_view text) {
    plugin.directory = "demo";
    good = read_manifest(text, "manifest.conf", plugin, problems);
  }
  Plugin plugin;
  std::vector<ConfigProblem> problems;
  bool good = false;
};

Texts faults_of(std::string_view text) {
  const Reading reading(text);
  CHECK_FALSE(reading.good);
  return texts_of(reading.problems);
}

}  // namespace

TEST_CASE("a manifest tells a plugin's name, helper and script") {
  const Reading reading(
      "# A comment\n\n Name = Demo \nDESCRIPTION=What it = does\nauthor=Ada\r\nversion=1\n"
      "httpexternal=demo_helper\njs=kismet_demo,js/demo.js");
  CHECK(reading.good);
  CHECK(reading.problems.empty());
  CHECK(reading.plugin.name == "Demo");
  CHECK(reading.plugin.description == "What it = does");
  CHECK(reading.plugin.author == "Ada");
  CHECK(reading.plugin.helper == "demo_helper");
  CHECK(reading.plugin.helper_place == ConfigPlace{"manifest.conf", 7});
  CHECK(reading.plugin.js_module == "kismet_demo");
  CHECK(reading.plugin.js_path == "js/demo.js");
}

TEST_CASE("httpexternal goes before kisexternal") {
  CHECK(Reading(kWhole + "kisexternal=one\nhttpexternal=two\n").plugin.helper == "two");
  CHECK(Reading(kWhole + "kisexternal=one\n").plugin.helper == "one");
}

TEST_CASE("a manifest with something missing or wrong says what and where, and its plugin is not loaded") {
  CHECK(faults_of("name=Demo\nauthor=Ada\nversion=1\n") ==
        Texts{"plugin demo: description is missing; the plugin is not loaded"});
  CHECK(faults_of(kWhole + "nonsense\n") ==
        Texts{"5: plugin demo: a line is key=value, or begins with #; the plugin is not loaded"});
  CHECK(faults_of(kWhole + "js=\n") == Texts{"5: plugin demo: js has no value; the plugin is not loaded"});
  CHECK(faults_of(kWhole + "kisexternal=/bin/sh\n") ==
        Texts{"5: plugin demo: the helper \"/bin/sh\" must be a file name, without /; the plugin is not loaded"});
  for (const char* js : {"js=demo", "js=1a,x.js", "js=a,/x.js", "js=a,../x.js", "js=a,x\"y.js", "js=a;b,x.js"}) {
    CAPTURE(js);
    CHECK(faults_of(kWhole + js).size() == 1);
  }
  CHECK(faults_of(kWhole + "author=\xff\n").size() == 1);
}

TEST_CASE("a shared object is refused politely, and the rest of its plugin is loaded") {
  const Reading reading(kWhole + "object=demo.so\n");
  CHECK(reading.good);
  CHECK(
      texts_of(reading.problems) ==
      Texts{"5: plugin demo: object: \"demo.so\" is not loaded: this daemon runs plugins as programs of their own, and "
            "no shared objects"});
}

TEST_CASE("unknown and repeated keys of a manifest are said, and harm nothing") {
  const Reading reading(kWhole + "versoin=2\nversion=3\n");
  CHECK(reading.good);
  CHECK(reading.plugin.version == "1.0");
  CHECK(texts_of(reading.problems) == Texts{"5: plugin demo: unknown key \"versoin\"; did you mean version?",
                                            "6: plugin demo: version is written twice; the first stands"});
}

TEST_CASE("plugins are found in the order of their folders' names, the first of a name counts") {
  const ConfigFolder files;
  files.write("user/b/manifest.conf", kWhole);
  files.write("user/a/manifest.conf", kWhole);
  files.write("user/.hidden/manifest.conf", kWhole);
  files.write("user/none/readme", "no plugin");
  files.write("user/bad name/manifest.conf", kWhole);
  files.write("user/file", "no folder");
  files.write("system/b/manifest.conf", kWhole);
  files.write("system/c/manifest.conf", kWhole);
  std::vector<ConfigProblem> problems;
  const auto found = find_plugins({files.path("user"), files.path("absent"), files.path("system")}, problems);
  Texts folders;
  for (const Plugin& plugin : found) folders.push_back(plugin.folder);
  CHECK(folders == Texts{files.path("user/a"), files.path("user/b"), files.path("system/c")});
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].place.file == files.path("user/bad name/manifest.conf"));
  CHECK(problems[1].text == "hidden by " + files.path("user/b"));
}

TEST_CASE("a plugin's helper is a helper like any other, looked up in the plugin's folder first") {
  const ConfigFolder files;
  files.write("home/plugins/demo/manifest.conf", kWhole + "kisexternal=demo_helper\n");
  files.write("home/plugins/other/manifest.conf", kWhole + "kisexternal=other_helper\n");
  files.write("kismet.conf", "allowplugins=true\nconfigdir=" + files.path("home") +
                                 "/\nhelper_binary_path=/opt\nhelper=x:name=other\n");
  ConfigSources sources;
  sources.conf_dir = files.path();
  Config config;
  const ConfigReport report = load_config(sources, config);
  CHECK_FALSE(report.has_errors());
  REQUIRE(config.helpers.definitions.size() == 2);
  const HelperDefinition& helper = config.helpers.definitions[1];
  CHECK(helper.name == "demo");
  CHECK(helper.program == "demo_helper");
  CHECK(helper.args.empty());
  CHECK(helper.search_path == Texts{files.path("home/plugins/demo"), "/opt"});
  CHECK(helper.defined_at == files.path("home/plugins/demo/manifest.conf") + ":5");
  CHECK(config.helpers.plugins.size() == 2);
  const auto told = [&report](const std::string& part) {
    return std::any_of(report.problems.begin(), report.problems.end(),
                       [&part](const ConfigProblem& problem) { return problem.text.find(part) != std::string::npos; });
  };
  CHECK(told("plugin other: its helper is not started, as the name is taken by " + files.path("kismet.conf") + ":4"));
}

TEST_CASE("allowplugins takes true and false alone, and without true there are no plugins") {
  const ConfigFolder files;
  files.write("home/plugins/demo/manifest.conf", kWhole + "kisexternal=demo_helper\n");
  for (const char* value : {"false", "yes", "1"}) {
    CAPTURE(value);
    files.write("kismet.conf", "configdir=" + files.path("home") + "\nallowplugins=" + std::string(value) + "\n");
    ConfigSources sources;
    sources.conf_dir = files.path();
    Config config;
    const ConfigReport report = load_config(sources, config);
    CHECK(report.has_errors() == (std::string(value) != "false"));
    CHECK(config.helpers.plugins.empty());
    CHECK(config.helpers.definitions.empty());
  }
}

TEST_CASE("a script's path may be that of the page, or that below the plugin's own files") {
  Plugin plugin;
  plugin.directory = "demo";
  CHECK(ui_module_of(plugin).path.empty());
  plugin.js_module = "kismet_demo";
  plugin.js_path = "js/demo.js";
  CHECK(ui_module_of(plugin).path == "plugin/demo/js/demo.js");
  plugin.js_path = "plugin/demo/js/demo.js";
  CHECK(ui_module_of(plugin).path == "plugin/demo/js/demo.js");
}
