#include "server/plugin_endpoints.h"

#include <mutex>
#include <string>
#include <utility>

#include "server/json_endpoint.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

Json plugin_json(const Plugin& plugin) {
  return {{"kismet.plugin.name", plugin.name},          {"kismet.plugin.description", plugin.description},
          {"kismet.plugin.author", plugin.author},      {"kismet.plugin.version", plugin.version},
          {"kismet.plugin.shared_object", ""},  // None is ever loaded.
          {"kismet.plugin.http_helper", plugin.helper}, {"kismet.plugin.dirname", plugin.directory},
          {"kismet.plugin.path", plugin.folder},        {"kismet.plugin.jsmodule", ui_module_of(plugin).path}};
}

/// The files of the plugins that are loaded at the time.
class PluginFiles final : public Handler {
 public:
  PluginFiles(const LoadedPlugins& plugins, Worker& worker, const MimeTypes& types,
              const CompressionSettings& compression)
      : plugins_(plugins), worker_(worker), types_(types), compression_(compression) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const std::shared_ptr<StaticFiles> files = current();
    co_await files->handle(request, out);
  }

 private:
  std::shared_ptr<StaticFiles> current() {
    const std::lock_guard lock(mutex_);
    LoadedPlugins::List now = plugins_.get();
    if (made_of_ != now) {
      StaticSettings settings;
      settings.compression = compression_;
      for (const Plugin& plugin : *now) {
        settings.roots.push_back({"/plugin/" + plugin.directory + "/", plugin.folder + "/httpd"});
      }
      files_ = std::make_shared<StaticFiles>(worker_, types_, std::move(settings));
      made_of_ = std::move(now);
    }
    return files_;
  }

  const LoadedPlugins& plugins_;
  Worker& worker_;
  const MimeTypes& types_;
  const CompressionSettings compression_;
  std::mutex mutex_;  // Guards what follows; held for no longer than it takes to look.
  LoadedPlugins::List made_of_;
  std::shared_ptr<StaticFiles> files_;
};

}  // namespace

std::vector<Route> plugin_routes(const LoadedPlugins& plugins, Worker& worker, const MimeTypes& types,
                                 const CompressionSettings& compression) {
  const auto list = std::make_shared<JsonEndpoint>([&plugins](const Request&, const JsonForm&) {
    Json all = Json::array();
    for (const Plugin& plugin : *plugins.get()) all.push_back(plugin_json(plugin));
    return JsonAnswer{std::move(all), 200, {}};
  });
  std::vector<Route> routes = get_and_post("/plugins/all_plugins.*", "readonly", list);
  const auto files = std::make_shared<PluginFiles>(plugins, worker, types, compression);
  routes.push_back({"GET", "/plugin/*", std::string(RouteRole::kNone), {}, false, files});
  return routes;
}

}  // namespace kismet
