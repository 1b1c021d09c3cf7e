// Manifests of plugins: any bytes give a plugin or reasons with a line, and what a plugin is called with elsewhere (a
// program's name, a script's path, a variable of JavaScript) can do no harm there.
#include <string>

#include "base/utf8.h"
#include "fuzz/check.h"
#include "server/plugin_manifest.h"

using namespace kismet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  Plugin plugin;
  plugin.folder = "/plugins/fuzz";
  plugin.directory = "fuzz";
  std::vector<ConfigProblem> problems;
  const bool good = read_manifest(text, "manifest.conf", plugin, problems);
  FUZZ_CHECK(good || !problems.empty());
  for (const ConfigProblem& problem : problems) {
    FUZZ_CHECK(problem.level == ConfigProblem::Level::warning && !problem.text.empty());
    FUZZ_CHECK(is_valid_utf8(problem.text));
  }
  if (!good) return 0;
  for (const std::string* needed : {&plugin.name, &plugin.description, &plugin.author, &plugin.version}) {
    FUZZ_CHECK(!needed->empty() && is_valid_utf8(*needed) && needed->find('\n') == std::string::npos);
  }
  FUZZ_CHECK(plugin.helper.find('/') == std::string::npos);
  FUZZ_CHECK(plugin.js_path.find("..") == std::string::npos && !plugin.js_path.starts_with('/'));
  FUZZ_CHECK(plugin.js_module.find_first_of("'\"\\<>&;() ") == std::string::npos);
  FUZZ_CHECK(plugin.js_module.empty() == plugin.js_path.empty());
  return 0;
}
