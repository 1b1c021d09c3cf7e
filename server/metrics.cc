#include "server/metrics.h"

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "server/json_request.h"
#include "server/metrics_text.h"

namespace kismet {

namespace {

constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

void system_metrics(MetricsText& text, const SystemStatus& status) {
  const nlohmann::json now = status.statistics();
  text.gauge("kismet_build_info", "The version that runs; always 1.");
  text.sample({{"version", status.info().version}}, 1);
  text.gauge("kismet_process_resident_memory_bytes", "Memory of the daemon itself.");
  text.sample({}, now.value("kismet.system.memory.rss", std::int64_t{0}) * 1024);
  text.gauge("kismet_process_start_time_seconds", "When the daemon started, in seconds since 1970.");
  text.sample({}, now.value("kismet.system.timestamp.start_sec", std::int64_t{0}));
}

void httpd_metrics(MetricsText& text, const HttpdCounters& httpd) {
  const auto counter = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
    text.counter(name, help);
    text.sample({}, value);
  };
  text.gauge("kismet_http_open_connections", "Connections of clients that are open.");
  text.sample({}, httpd.open_connections);
  counter("kismet_http_connections_total", "Connections that were served.", httpd.connections);
  counter("kismet_http_refused_connections_total", "Connections over a limit.", httpd.refused_connections);
  text.counter("kismet_http_requests_total", "Requests by the class of their answer's status; none: nothing was sent.");
  constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) text.sample({{"status", kClasses[i]}}, httpd.by_class[i]);
  counter("kismet_http_bad_requests_total", "Requests that broke the rules of HTTP.", httpd.bad_requests);
  counter("kismet_http_clients_left_total", "Answers whose client left before their end.", httpd.left_early);
  counter("kismet_http_timeouts_total", "Connections that a time limit ended.", httpd.timed_out);
  counter("kismet_http_handler_failures_total", "Requests that failed by a bug of the daemon.", httpd.handler_failures);
  counter("kismet_http_websockets_total", "Websockets that were opened.", httpd.websockets);
}

void proxy_metrics(MetricsText& text, const ProxyCounters& proxied) {
  const auto counter = [&text](std::string_view name, std::string_view help, const std::atomic<std::uint64_t>& value) {
    text.counter(name, help);
    text.sample({}, value.load(std::memory_order_relaxed));
  };
  text.gauge("kismet_proxied_open_requests", "Requests that helpers are answering.");
  text.sample({}, proxied.open.load(std::memory_order_relaxed));
  counter("kismet_proxied_requests_total", "Requests passed on to helpers.", proxied.requests);
  counter("kismet_proxied_complete_total", "Of these, answered to their end.", proxied.complete);
  counter("kismet_proxied_cancelled_total", "Of these, given up by their client.", proxied.cancelled);
  counter("kismet_proxied_timeouts_total", "Of these, not answered in time.", proxied.timeouts);
  counter("kismet_proxied_cut_total", "Of these, cut off after their answer had begun.", proxied.cut);
  counter("kismet_proxied_bad_heads_total", "Of these, answered with a status or header that is none.",
          proxied.bad_heads);
}

void event_metrics(MetricsText& text, const EventBus& events, const FeedRegistry& feeds) {
  text.counter("kismet_events_published_total", "Events of the event bus.");
  text.sample({}, events.past({}).last_seq);
  text.gauge("kismet_event_feeds", "Clients that hear events over a websocket or Server-Sent Events.");
  text.sample({}, feeds.size());
}

struct SessionFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t SessionCounters::*count;
};

constexpr SessionFamily kSessionFamilies[] = {
    {"kismet_helper_received_frames_total", "Frames from the helper's process.", &SessionCounters::frames_in},
    {"kismet_helper_sent_frames_total", "Frames to the helper's process.", &SessionCounters::frames_out},
    {"kismet_helper_received_bytes_total", "Bytes of frames from it.", &SessionCounters::bytes_in},
    {"kismet_helper_sent_bytes_total", "Bytes of frames to it.", &SessionCounters::bytes_out},
    {"kismet_helper_unknown_commands_total", "Commands from it that nobody knows.", &SessionCounters::unknown_commands},
    {"kismet_helper_garbled_commands_total", "Commands from it that cannot be read.",
     &SessionCounters::garbled_commands},
    {"kismet_helper_requests_total", "Requests that it was sent.", &SessionCounters::requests},
    {"kismet_helper_cancels_total", "Requests that were cancelled.", &SessionCounters::cancels},
    {"kismet_helper_late_answers_total", "Answers to requests that were over.", &SessionCounters::late_answers},
    {"kismet_helper_events_sent_total", "Events that it was sent.", &SessionCounters::events_sent},
    {"kismet_helper_events_dropped_total", "Events that it was too slow for.", &SessionCounters::events_dropped},
    {"kismet_helper_events_published_total", "Events that it published.", &SessionCounters::events_published},
    {"kismet_helper_messages_total", "Messages that it posted.", &SessionCounters::messages},
};

constexpr HelperState kStates[] = {HelperState::configured,  HelperState::starting, HelperState::ready,
                                   HelperState::backing_off, HelperState::stopping, HelperState::stopped,
                                   HelperState::failed,      HelperState::disabled};

/// One sample a helper; `value` makes it of the snapshot.
template <typename Value>
void sample_each(MetricsText& text, const std::vector<HelperView>& helpers, Value value) {
  for (const HelperView& helper : helpers) text.sample({{"helper", helper.snapshot.name}}, value(helper.snapshot));
}

void helper_metrics(MetricsText& text, const std::vector<HelperView>& helpers) {
  text.gauge("kismet_helper_state", "1 for the state that the helper is in, 0 for the others.");
  for (const HelperView& helper : helpers) {
    for (const HelperState state : kStates) {
      text.sample({{"helper", helper.snapshot.name}, {"state", to_string(state)}}, helper.snapshot.state == state);
    }
  }
  text.counter("kismet_helper_restarts_total", "Starts of its program after the first.");
  sample_each(text, helpers, [](const HelperSnapshot& is) { return is.starts > 0 ? is.starts - 1 : 0; });
  text.counter("kismet_helper_failures_total", "Ends of its program, and attempts to start it, that were failures.");
  sample_each(text, helpers, [](const HelperSnapshot& is) { return is.failures; });
  text.gauge("kismet_helper_open_exchanges", "Requests that it is answering.");
  sample_each(text, helpers, [](const HelperSnapshot& is) { return is.open_exchanges; });
  text.gauge("kismet_helper_round_trip_seconds", "From the last PING to its PONG; 0 before the first.");
  sample_each(text, helpers,
              [](const HelperSnapshot& is) { return std::chrono::duration<double>(is.round_trip).count(); });
  text.gauge("kismet_helper_start_time_seconds", "When its process was started, in seconds since 1970; 0: none runs.");
  sample_each(text, helpers, [](const HelperSnapshot& is) { return is.pid > 0 ? seconds_of(is.started_at) : 0.0; });
  for (const SessionFamily& family : kSessionFamilies) {
    text.counter(family.name, family.help);
    sample_each(text, helpers, [&family](const HelperSnapshot& is) { return is.counters.*family.count; });
  }
}

class Metrics final : public Handler {
 public:
  explicit Metrics(MetricsSources sources) : sources_(std::move(sources)) {}

  Task<void> handle(const Request&, ResponseWriter& out) override {
    Task<std::vector<HelperView>> ask = run_on(sources_.home, sources_.helpers.views());
    const std::vector<HelperView> helpers = co_await std::move(ask);
    const std::string text = metrics_text(sources_, helpers);
    const ResponseHead head{200, std::string(kContentType), {{"Cache-Control", "no-cache"}}};
    co_await out.send(head, text);
  }

 private:
  const MetricsSources sources_;
};

}  // namespace

std::string metrics_text(const MetricsSources& sources, const std::vector<HelperView>& helpers) {
  MetricsText text;
  system_metrics(text, sources.status);
  httpd_metrics(text, sources.httpd());
  proxy_metrics(text, sources.proxied);
  event_metrics(text, sources.events, sources.feeds);
  helper_metrics(text, helpers);
  return std::move(text).take();
}

std::vector<Route> metrics_routes(const MetricsSources& sources) {
  return {{"GET", "/metrics", "readonly", {}, false, std::make_shared<Metrics>(sources)}};
}

}  // namespace kismet
