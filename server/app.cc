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
#include "base/task_group.h"
#include "base/worker.h"
#include "eventbus/event_bus.h"
#include "external/guardian.h"
#include "httpd/http_server.h"
#include "httpd/identity.h"
#include "httpd/tls_context.h"
#include "httpd/websocket_handler.h"
#include "msgbus/message_bus.h"
#include "server/app_parts.h"
#include "server/build_info.h"
#include "server/core_ticks.h"
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
#include "server/parked_handler.h"
#include "server/route_endpoint.h"
#include "server/serializers.h"
#include "server/system_endpoints.h"
#include "server/system_status.h"

namespace kismet {

namespace {

/// The daemon, put together. Members stand in the order in which they are made; each may refer to those above it.
/// Thread rule: made, run and destroyed on the main thread, which is the first loop's.
class App {
 public:
  App(const Config& config, const std::function<void()>& on_ready);
  int run();

 private:
  ExitCode start();
  ExitCode listen();
  void tell_setup_code();
  void add_routes();
  Task<void> handle_signals();
  Task<void> reload_certificate();
  Task<void> stop();
  HttpdHooks hooks();
  void bug(const std::string& where, const std::string& what);

  const Config& config_;
  const std::function<void()>& on_ready_;
  const Guardian guardian_;  // Divides the process: before there is a second thread.
  Clock clock_;
  ConsoleSink console_{console_settings(config_.system)};
  EventBus events_{clock_, config_.buses.replay};
  MessageBus messages_{clock_, events_, config_.buses.messages};
  Loops loops_{clock_, config_.system.threads};
  Loop& first_{loops_.first()};
  Worker worker_{"worker", 256, [this](const std::string& what) { bug("worker", what); }};
  Worker file_worker_{"files"};  // Its own: pages do not wait for passwords to be hashed.
  Identity identity_{loops_, worker_, config_.identity, [this](const std::string& text) { messages_.info(text); }};
  Replicated<Router> routers_{loops_, [](Loop&) { return std::make_shared<Router>(); }};
  Router own_routes_;
  HelperRoutes helper_routes_{loops_, routers_, own_routes_, std::make_shared<ParkedHandler>()};
  FeedRegistry feeds_;  // What requests count in dies after the server, whose end may end requests.
  ProxyCounters proxied_;
  TlsContext tls_;
  HttpServer server_{loops_, config_.httpd.settings, routers_, identity_.authenticator(), hooks()};
  const MimeTypes types_ = mime_types(config_.httpd);
  DaemonServices services_{helper_routes_, events_,
                           HelperTokens{[this](const std::string& helper, const std::string& role) {
                                          return identity_.issue_helper_token(helper, role);
                                        },
                                        [this](const std::string& token) { identity_.revoke_helper_token(token); }},
                           ProxyHandler::Common{config_.helpers.proxy, types_, messages_, proxied_}};
  Helpers helpers_{loops_, config_.helpers.definitions,
                   Helpers::Parts{services_, helper_routes_, events_, messages_, config_.helpers.settings, &guardian_,
                                  config_.helpers.keep_uris}};
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
  net::basic_signal_set<Executor> signals_{first_.get_executor(), SIGINT, SIGTERM, SIGQUIT};
  TaskGroup tasks_{first_.get_executor(),
                   [this](const std::string& task, const std::string& what) { bug(task, what); }};
};

App::App(const Config& config, const std::function<void()>& on_ready) : config_(config), on_ready_(on_ready) {
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

ExitCode App::start() {
  messages_.info("kismet " + std::string(build_info().version) + " starts");
  if (const std::string fault = identity_.load(); !fault.empty()) {
    messages_.error(fault);
    return ExitCode::configuration;
  }
  add_routes();
  server_.set_fallback(std::make_shared<StaticFiles>(file_worker_, types_, static_settings(config_.httpd)));
  if (const ExitCode listening = listen(); listening != ExitCode::ok) return listening;
  if (!identity_.setup_code().empty()) tell_setup_code();
  if (log_wanted(config_.logging)) log_.start();
  server_.start();
  ticks_.start();
  helpers_.start();
  if (on_ready_) on_ready_();
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

ExitCode App::listen() {
  ListenAddress address;
  address.address = config_.httpd.bind_address;
  address.port = config_.httpd.port;
  if (config_.httpd.ssl) {
    const TlsContext::Loaded loaded = tls_.load({config_.httpd.ssl_certificate, config_.httpd.ssl_key});
    if (!loaded.error.empty()) {
      messages_.post(Severity::fatal, "kismet", loaded.error);
      return ExitCode::configuration;
    }
  }
  const Listening listening = server_.listen(address, config_.httpd.ssl ? tls_.wrapper() : StreamWrapper());
  if (!listening.error.empty()) {
    messages_.post(Severity::fatal, "kismet", listening.error);
    return ExitCode::cannot_listen;
  }
  address.port = listening.port;
  messages_.info((config_.httpd.ssl ? "listening on https://" : "listening on http://") + to_string(address) + "/");
  return ExitCode::ok;
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
  take(helper_control_routes({first_, helpers_, helper_routes_, messages_, clock_}));
  take(health_routes({first_, helpers_, identity_.authenticator()}));
  take(metrics_routes({first_, helpers_, [this] { return server_.counters(); }, proxied_, events_, feeds_, *status_}));
  take(event_routes(events_, feeds_, config_.buses.feed));
  take(log_search_routes([this] { return existing_logs(config_); }, search_worker_, clock_));
  if (config_.httpd.debug_echo) take({{"GET", "/debug/echo.ws", "admin", {}, false, std::make_shared<EchoSocket>()}});
  for (const Route& route : routes) own_routes_.add(route);
  routers_.update([routes](Router& router) {
    for (const Route& route : routes) router.add(route);
  });
}

Task<void> App::handle_signals() {
  for (;;) {
    const int signal = co_await signals_.async_wait(use_task);
    if (signal != SIGHUP) break;
    messages_.info("SIGHUP: reading logins, keys and certificate again");
    try {
      co_await identity_.reload();
      if (config_.httpd.ssl) co_await reload_certificate();
    } catch (const std::exception& e) {  // The signals that stop the daemon are still to be heard.
      bug("reading logins again", e.what());
    }
  }
  co_await stop();
}

/// Connections that are there keep the certificate that they were made with.
Task<void> App::reload_certificate() {
  auto job = [this] { return tls_.load({config_.httpd.ssl_certificate, config_.httpd.ssl_key}); };
  const std::optional<TlsContext::Loaded> loaded = co_await worker_.run(first_.get_executor(), std::move(job));
  if (!loaded) co_return;
  if (!loaded->error.empty()) messages_.error(loaded->error + ": the certificate stays as it was");
  for (const std::string& remark : loaded->remarks) messages_.error(remark);
}

Task<void> App::stop() {
  messages_.info("stopping");
  signals_.clear();  // A second signal ends the program at once.
  ticks_.stop();
  co_await helpers_.stop();
  co_await server_.stop();
  co_await identity_.saved();
  messages_.info("stopped");
  messages_.flush();
  if (log_wanted(config_.logging)) co_await log_.stop();
  loops_.request_stop();
}

HttpdHooks App::hooks() {
  HttpdHooks hooks;
  hooks.handler_failed = [this](const std::string& request, const std::string& what) { bug(request, what); };
  hooks.trouble = [this](const std::string& text) { messages_.error(text); };
  if (config_.system.console == ConsoleMode::debug) {
    hooks.request_done = [this](const Request& request, const RequestRecord& record) {
      console_.write(request_message(request, record, clock_.wall_now()));
    };
  }
  return hooks;
}

void App::bug(const std::string& where, const std::string& what) {
  messages_.post(Severity::error, "kismet", "bug: " + where + ": " + what);
}

}  // namespace

int run_app(const Config& config, const std::function<void()>& on_ready) {
  return App(config, on_ready).run();
}

}  // namespace kismet
