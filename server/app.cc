#include "server/app.h"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/replicated.h"
#include "base/spill_space.h"
#include "base/task_group.h"
#include "base/worker.h"
#include "eventbus/event_bus.h"
#include "external/guardian.h"
#include "external/remote_door.h"
#include "httpd/access_log.h"
#include "httpd/http_server.h"
#include "httpd/identity.h"
#include "httpd/tls_context.h"
#include "httpd/websocket_handler.h"
#include "msgbus/message_bus.h"
#include "server/alert_endpoints.h"
#include "server/announcer.h"
#include "server/app_parts.h"
#include "server/build_info.h"
#include "server/compat_stubs.h"
#include "server/core_ticks.h"
#include "server/dynamic_endpoints.h"
#include "server/event_routes.h"
#include "server/exit_code.h"
#include "server/feed_registry.h"
#include "server/health_endpoints.h"
#include "server/helper_endpoints.h"
#include "server/helper_routes.h"
#include "server/helper_services.h"
#include "server/helpers.h"
#include "server/log_database.h"
#include "server/log_search_endpoint.h"
#include "server/message_endpoints.h"
#include "server/metrics.h"
#include "server/openapi_endpoint.h"
#include "server/parked_handler.h"
#include "server/plugin_endpoints.h"
#include "server/reloader.h"
#include "server/remote_listener.h"
#include "server/remote_socket.h"
#include "server/route_endpoint.h"
#include "server/serializers.h"
#include "server/service_manager.h"
#include "server/system_endpoints.h"
#include "server/system_status.h"
#include "server/wire_view.h"

namespace kismet {

namespace {

constexpr const char* kServing = "serves its helpers";  // In `systemctl status`.

/// The daemon, put together. Members stand in the order in which they are made; each may refer to those above it.
/// Thread rule: made, run and destroyed on the main thread, which is the first loop's.
class App {
 public:
  App(const Config& config, Startup& startup, const std::function<void()>& on_ready);
  int run();

 private:
  void end_workers();
  ExitCode start();
  void listen();
  void announce();
  void let_helpers_in();
  void tell_setup_code();
  void add_routes();
  Task<void> handle_signals();
  Task<void> reload();
  Task<void> reload_identity();
  Task<void> reload_certificate(TlsContext& tls, TlsSettings settings);
  Task<void> stop();
  HttpdHooks hooks();
  void bug(const std::string& where, const std::string& what);

  const Config& config_;
  Startup& startup_;
  const std::function<void()>& on_ready_;
  const Guardian guardian_;  // Divides the process: before there is a second thread.
  Clock clock_;
  ConsoleSink console_{console_settings(config_.system)};
  EventBus events_{clock_, config_.buses.replay};
  MessageBus messages_{clock_, events_, config_.buses.messages};
  BufferBudget buffers_{config_.helpers.buffers};  // Outlives the loops, whose handlers may hold buffers.
  Loops loops_{clock_, config_.system.threads};
  Loop& first_{loops_.first()};
  ServiceManager service_{loops_};
  Worker worker_{"worker", 256, [this](const std::string& what) { bug("worker", what); }};
  SpillSpace spill_{buffers_,
                    [folder = spill_folder(config_.helpers.spill_folder)] { return open_spill_file(folder); }};
  Worker file_worker_{"files"};  // Its own: pages do not wait for passwords to be hashed.
  Identity identity_{loops_, worker_, config_.identity, [this](const std::string& text) { messages_.info(text); }};
  Replicated<Router> routers_{loops_, [](Loop&) { return std::make_shared<Router>(); }};
  Router own_routes_;
  HelperRoutes helper_routes_{loops_, routers_, own_routes_,
                              std::make_shared<ParkedHandler>(loops_, routers_, config_.helpers.parked)};
  FeedRegistry feeds_;  // What requests count in dies after the server, whose end may end requests.
  ProxyCounters proxied_;
  TlsContext& tls_ = *startup_.tls;
  AccessLog access_log_{config_.httpd.access_log, [this](const std::string& text) { messages_.error(text); }};
  HttpServer server_{loops_, config_.httpd.settings, routers_, identity_.authenticator(), hooks()};
  const MimeTypes types_ = mime_types(config_.httpd);
  LoadedPlugins plugins_{config_.helpers.plugins};
  const StaticSettings static_settings_ = static_settings(config_.httpd);
  const ProxyHandler::Common proxy_{config_.helpers.proxy, types_, messages_, proxied_, &spill_};
  const HelperTokens tokens_{
      [this](const std::string& helper, const std::string& role) { return identity_.issue_helper_token(helper, role); },
      [this](const std::string& token) { identity_.revoke_helper_token(token); }};
  Poller remote_poller_{first_};  // Of helpers that connect; outlives their sessions.
  Helpers helpers_{
      loops_, config_.helpers.definitions,
      Helpers::Parts{[this](HelperLifeId life) {
                       return std::make_unique<DaemonServices>(helper_routes_, events_, tokens_, proxy_, life);
                     },
                     helper_routes_, events_, messages_, config_.helpers.settings, config_.remote.settings, &guardian_,
                     config_.helpers.keep_uris, config_.helpers.swap}};
  RemoteDoor door_{first_, messages_, config_.remote.settings,
                   [this](const std::string& subsystem) { return helpers_.remote(subsystem); }};
  std::unique_ptr<RemoteListener> remote_listener_;
  Reloader reloader_{config_,
                     {first_, worker_, helpers_, events_, messages_, [this] { return reload_identity(); }, &plugins_}};
  const std::shared_ptr<SystemStatus> status_{std::make_shared<SystemStatus>(system_info(config_.system), clock_)};
  Worker log_worker_{"log", 256, [this](const std::string& what) { bug("log", what); }};
  Worker search_worker_{"search"};
  LogDatabase log_{first_,
                   log_worker_,
                   events_,
                   messages_,
                   log_writer(config_),
                   [this] { return json_line(status_->status()); },
                   config_.logging.settings};
  CoreTicks ticks_{first_, worker_, events_, messages_, status_};
  Announcer announcer_{first_, config_.system.announce, [this](const std::string& text) { messages_.error(text); }};
  net::basic_signal_set<Executor> signals_{first_.get_executor(), SIGINT, SIGTERM, SIGQUIT};
  TaskGroup tasks_{first_.get_executor(),
                   [this](const std::string& task, const std::string& what) { bug(task, what); }};
};

App::App(const Config& config, Startup& startup, const std::function<void()>& on_ready)
    : config_(config), startup_(startup), on_ready_(on_ready) {
  signals_.add(SIGHUP);
  if (config.system.console == ConsoleMode::silent) {
    messages_.add_sink([this](const Message& message) {
      if (message.severity >= Severity::error) console_.write(message);
    });
  } else {
    messages_.add_sink(console_.sink());
  }
  if (log_wanted(config.logging)) messages_.add_sink(log_.sink());
  status_->add("kismet.system.num_http_connections", [this] { return server_.counters().open_connections; });
}

int App::run() {
  const ExitCode started = start();
  if (started != ExitCode::ok) return static_cast<int>(started);
  tasks_.spawn("signals", handle_signals());
  loops_.run([this](const std::string& what) { bug("a loop", what); });
  return static_cast<int>(ExitCode::ok);
}

/// Before the loops: Asio empties the queue of one that has ended without its lock, so nobody may post to it then.
void App::end_workers() {
  for (Worker* worker : {&worker_, &file_worker_, &log_worker_, &search_worker_}) worker->finish();
  spill_.finish();
}

ExitCode App::start() {
  messages_.info("kismet " + std::string(build_info().version) + " starts");
  if (const std::string fault = identity_.load(); !fault.empty()) {
    messages_.error(fault);
    return ExitCode::configuration;
  }
  add_routes();
  if (access_log_.wanted()) {
    if (const std::string fault = access_log_.open(); !fault.empty()) {
      messages_.post(Severity::fatal, "kismet", fault);
      return ExitCode::configuration;
    }
  }
  server_.set_fallback(std::make_shared<StaticFiles>(file_worker_, types_, static_settings_));
  listen();
  if (!identity_.setup_code().empty()) tell_setup_code();
  if (log_wanted(config_.logging)) log_.start();
  server_.start();
  ticks_.start();
  announce();
  helpers_.start();
  let_helpers_in();
  if (on_ready_) on_ready_();
  service_.ready(kServing);
  return ExitCode::ok;
}

/// On the console alone: it is a secret until the login is set.
void App::tell_setup_code() {
  Message message;
  message.text = "no login is set yet: open the address above on this machine, or elsewhere with the set-up code " +
                 identity_.setup_code();
  message.source = "kismet";
  message.time = clock_.wall_now();
  console_.write(message);
}

void App::listen() {
  for (const std::string& remark : startup_.remarks) messages_.info(remark);
  for (const std::string& trouble : startup_.troubles) messages_.error(trouble);
  for (Startup::Place& place : startup_.places) {
    server_.add_listener(std::move(place.listening), *place.where.tls ? tls_.wrapper() : StreamWrapper());
    messages_.info("listening on " + shown_url(place.where));
  }
  if (startup_.control) server_.add_control_listener(std::move(*startup_.control));
}

void App::let_helpers_in() {
  if (!startup_.remote) return;
  ListenAddress address;
  address.address = config_.remote.listen;
  address.port = startup_.remote->port;
  const StreamWrapper wrap = startup_.remote_tls ? startup_.remote_tls->wrapper() : StreamWrapper();
  remote_listener_ =
      std::make_unique<RemoteListener>(door_, messages_, remote_poller_, std::move(startup_.remote->socket), wrap);
  messages_.info("helpers may connect to " + std::string(wrap ? "tls://" : "tcp://") + to_string(address));
}

void App::announce() {
  Announcement announcement;
  for (const Startup::Place& place : startup_.places) {
    if (place.where.address.unix_path.empty() && announcement.http_port == 0) {
      announcement.http_port = place.where.address.port;
    }
  }
  if (startup_.remote) announcement.remote_port = startup_.remote->port;
  announcement.uuid = config_.system.server_uuid;
  announcement.name = config_.system.server_name;
  announcer_.start(std::move(announcement));
}

void App::add_routes() {
  std::vector<Route> routes;
  const auto take = [&routes](std::vector<Route> more) {
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  take(identity_.routes());
  take(message_routes(messages_, clock_));
  take(system_routes(*status_));
  take(route_routes(routers_, helper_routes_));
  take(openapi_routes());
  take(helper_control_routes({first_, helpers_, helper_routes_, messages_, clock_}));
  take(wire_view_routes({first_, helpers_, helper_routes_, messages_, clock_}));
  take(reload_routes(first_, reloader_));
  take(remote_routes(door_, config_.httpd.settings.websocket_queue_limit));
  take(health_routes({first_, helpers_, identity_.authenticator()}));
  take(metrics_routes({first_, helpers_, [this] { return server_.counters(); }, proxied_, events_, feeds_, *status_,
                       helper_routes_, &buffers_, &access_log_}));
  take(alert_routes(messages_, clock_));
  take(dynamic_routes([this] { return plugins_.ui_modules(); }));
  take(plugin_routes(plugins_, file_worker_, types_, static_settings_.compression));
  take(event_routes(events_, feeds_, config_.buses.feed));
  take(log_search_routes([this] { return existing_logs(config_); }, search_worker_, clock_));
  if (config_.httpd.debug_echo) take({{"GET", "/debug/echo.ws", "admin", {}, false, std::make_shared<EchoSocket>()}});
  for (const Route& route : routes) own_routes_.add(route);
  if (has_front_page(static_settings_)) {  // No helper may hide it.
    for (const char* page : {"/", "/index.html"}) own_routes_.add({"GET", page, "none", {}, true, {}});
  }
  if (compat_stubs_wanted(config_.httpd, plugins_.ui_modules()))
    take(compat_stub_routes());  // Which a helper may replace.
  for (Route& route : routes) route.stats = std::make_shared<RouteStats>(loops_.size());
  routers_.update([routes](Router& router) {
    for (const Route& route : routes) router.add(route);
  });
}

Task<void> App::handle_signals() {
  for (;;) {
    const int signal = co_await signals_.async_wait(use_task);
    if (signal != SIGHUP) break;
    access_log_.reopen();
    tasks_.spawn("reload", reload());  // The signals that stop the daemon are still to be heard.
  }
  co_await stop();
}

Task<void> App::reload() {
  service_.reloading();
  co_await reloader_.reload_by_signal();
  service_.ready(kServing);
}

/// Logins, keys and certificate. Connections that are there keep the certificate that they were made with.
Task<void> App::reload_identity() {
  co_await identity_.reload();
  if (tls_.loaded()) {
    TlsSettings web;
    web.certificate = config_.httpd.ssl_certificate;
    web.key = config_.httpd.ssl_key;
    Task<void> work = reload_certificate(tls_, std::move(web));
    co_await std::move(work);
  }
  if (startup_.remote_tls) {
    Task<void> work = reload_certificate(*startup_.remote_tls, remote_tls(config_));
    co_await std::move(work);
  }
}

Task<void> App::reload_certificate(TlsContext& tls, TlsSettings settings) {
  auto job = [&tls, with = std::move(settings)] { return tls.load(with); };
  const std::optional<TlsContext::Loaded> loaded = co_await worker_.run(first_.get_executor(), std::move(job));
  if (!loaded) co_return;
  if (!loaded->error.empty()) messages_.error(loaded->error + ": the certificate stays as it was");
  for (const std::string& remark : loaded->remarks) messages_.error(remark);
}

Task<void> App::stop() {
  service_.stopping();
  messages_.info("stopping");
  signals_.clear();  // A second signal ends the program at once.
  ticks_.stop();
  announcer_.stop();
  reloader_.stop();
  if (remote_listener_) remote_listener_->close();
  co_await door_.stop();
  co_await helpers_.stop();
  co_await server_.stop();
  co_await identity_.saved();
  messages_.info("stopped");
  messages_.flush();
  if (log_wanted(config_.logging)) co_await log_.stop();
  end_workers();
  loops_.request_stop();
}

HttpdHooks App::hooks() {
  HttpdHooks hooks;
  hooks.handler_failed = [this](const std::string& request, const std::string& what) { bug(request, what); };
  hooks.trouble = [this](const std::string& text) { messages_.error(text); };
  const bool shown = config_.system.console == ConsoleMode::debug;
  if (shown || access_log_.wanted()) {
    hooks.request_done = [this, shown](const Request& request, const RequestRecord& record) {
      if (shown) console_.write(request_message(request, record, clock_.wall_now()));
      if (access_log_.wanted()) access_log_.add(request, record, clock_.wall_now());
    };
  }
  return hooks;
}

void App::bug(const std::string& where, const std::string& what) {
  messages_.post(Severity::error, "kismet", "bug: " + where + ": " + what);
}

}  // namespace

int run_app(const Config& config, Startup& startup, const std::function<void()>& on_ready) {
  return App(config, startup, on_ready).run();
}

}  // namespace kismet
