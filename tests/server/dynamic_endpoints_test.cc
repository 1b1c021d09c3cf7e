#include "server/dynamic_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Plugins {
  Plugins() {
    client.add(dynamic_routes([this] { return modules; }));
  }
  std::string script() { return client.get("/dynamic.js").body(); }

  std::vector<UiModule> modules;
  ManualClock clock;
  Loop loop{clock};
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("without plugins there is a function that loads nothing, and an empty list, for everybody") {
  Plugins plugins;
  CHECK(plugins.script().find("async function load_dynamics() {\n}") != std::string::npos);
  CHECK(plugins.client.get("/dynamic.js").content_type() == "text/javascript; charset=utf-8");
  CHECK(plugins.client.get("/dynamic.json").body() == R"({"dynamicjs":[]})");
  CHECK(plugins.client.get("/dynamic.json").content_type() == "application/json");
  CHECK(plugins.client.role("GET", "/dynamic.js") == "none");
  CHECK(plugins.client.role("GET", "/dynamic.json") == "none");
}

TEST_CASE("each module is declared, then imported from below the page's own path") {
  Plugins plugins;
  plugins.modules = {{"kismet_ui_demo", "plugin/demo/js/demo.js"}, {"other", "plugin/other/o.js"}};
  const std::string script = plugins.script();
  const std::size_t declared = script.find("window[\"kismet_ui_demo\"] = undefined;");
  const std::size_t loads = script.find("async function load_dynamics() {");
  const std::size_t imported = script.find("window[\"kismet_ui_demo\"] = await import(\"./plugin/demo/js/demo.js\");");
  CHECK(declared < loads);
  CHECK(loads < imported);
  CHECK(imported < script.find("await import(\"./plugin/other/o.js\")"));
  CHECK(plugins.client.get_json("/dynamic.json") ==
        Json{{"dynamicjs",
              {{{"module", "kismet_ui_demo"}, {"js", "plugin/demo/js/demo.js"}},
               {{"module", "other"}, {"js", "plugin/other/o.js"}}}}});
}

TEST_CASE("whatever a manifest says stays a string in the script") {
  Plugins plugins;
  plugins.modules = {{"a\"];alert(1);//", "x\");</script>\n\u2028\xff"}};
  const std::string script = plugins.script();
  CHECK(script.find("window[\"a\\\"];alert(1);//\"]") != std::string::npos);
  CHECK(script.find("x\\\");</script>\\n\\u2028\\ufffd") != std::string::npos);
}
