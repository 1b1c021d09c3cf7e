#include "server/dynamic_endpoints.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "httpd/error_pages.h"
#include "httpd/request.h"
#include "httpd/response_writer.h"

namespace kismet {

namespace {

using Modules = std::function<std::vector<UiModule>()>;

/// A string of JavaScript's, in ASCII: nothing in it ends a line or a script element.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string script_of(const std::vector<UiModule>& modules) {
  std::string script = "// Made by the daemon: the modules of plugins.\n";
  for (const UiModule& module : modules) script += "window[" + quoted(module.name) + "] = undefined;\n";
  script += "async function load_dynamics() {\n";
  for (const UiModule& module : modules) {
    script += "  try {\n    window[" + quoted(module.name) + "] = await import(" + quoted("./" + module.path) +
              ");\n  } catch (error) {\n    console.error(" + quoted("The module " + module.name + " did not load:") +
              ", error);\n  }\n";
  }
  return script + "}\n";
}

std::string list_of(const std::vector<UiModule>& modules) {
  nlohmann::json list = nlohmann::json::array();
  for (const UiModule& module : modules) list.push_back({{"module", module.name}, {"js", module.path}});
  return nlohmann::json{{"dynamicjs", std::move(list)}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class DynamicPage final : public Handler {
 public:
  using Make = std::string (*)(const std::vector<UiModule>&);

  DynamicPage(Modules modules, Make make, std::string_view type)
      : modules_(std::move(modules)), make_(make), type_(type) {}

  Task<void> handle(const Request&, ResponseWriter& out) override {
    ResponseHead head{200, std::string(type_), {{"Cache-Control", "no-cache"}}};
    add_security_headers(head);
    const std::string body = make_(modules_());
    co_await out.send(head, body);
  }

 private:
  const Modules modules_;
  const Make make_;
  const std::string_view type_;
};

}  // namespace

std::vector<Route> dynamic_routes(Modules modules) {
  const auto route = [&modules](const char* path, DynamicPage::Make make, std::string_view type) {
    return Route{.method = "GET",
                 .pattern = path,
                 .role = std::string(RouteRole::kNone),
                 .owner = {},
                 .literal = true,
                 .handler = std::make_shared<DynamicPage>(modules, make, type)};
  };
  return {route("/dynamic.js", script_of, "text/javascript; charset=utf-8"),
          route("/dynamic.json", list_of, "application/json")};
}

}  // namespace kismet
