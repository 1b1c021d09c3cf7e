#include "server/metrics.h"

#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/buffer_budget.h"
#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "external/codec.h"
#include "httpd/access_log.h"
#include "server/json_request.h"
#include "server/metrics_care.h"
#include "server/metrics_text.h"

namespace kismet {

namespace {

constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Of all threads, user and system.
double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void system_metrics(MetricsText& text, const SystemStatus& status) {
  const nlohmann::json now = status.statistics();
  text.gauge("kismet_build_info", "The version that runs; always 1.");
  text.sample({{"version", status.info().version}}, 1);
  text.gauge("kismet_process_resident_memory_bytes", "Memory of the daemon itself.");
  text.sample({}, now.value("kismet.system.memory.rss", std::int64_t{0}) * 1024);
  text.counter("kismet_process_cpu_seconds_total", "Processor time of the daemon itself, user and system.");
  text.sample({}, cpu_seconds());
  text.gauge("kismet_process_start_time_seconds", "When the daemon started, in seconds since 1970.");
  text.sample({}, now.value("kismet.system.timestamp.start_sec", std::int64_t{0}));
}

constexpr std::array<std::string_view, kRouteClasses> kRoutes{"none", "own", "helper", "file"};

void httpd_metrics(MetricsText& text, const HttpdCounters& httpd) {
  const auto counter = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
    text.counter(name, help);
    text.sample({}, value);
  };
  text.gauge("kismet_http_open_connections", "Connections of clients that are open.");
  text.sample({}, httpd.open_connections);
  counter("kismet_http_connections_total", "Connections that were served.", httpd.connections);
  counter("kismet_http_refused_connections_total", "Connections over a limit.", httpd.refused_connections);
  text.counter("kismet_http_requests_total",
               "Requests by what their route is and the class of their answer's status; none: there is none.");
  constexpr std::array<std::string_view, 6> kStatuses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kRouteClasses; ++i) {
    for (std::size_t k = 0; k < kStatuses.size(); ++k) {
      text.sample({{"route", kRoutes[i]}, {"status", kStatuses[k]}}, httpd.routes[i].by_status[k]);
    }
  }
  text.histogram("kismet_http_latency_seconds", "From the head of a request to the head of its answer.");
  for (std::size_t i = 0; i < kRouteClasses; ++i) text.distribution({{"route", kRoutes[i]}}, httpd.routes[i].latency);
  counter("kismet_http_bad_requests_total", "Requests that broke the rules of HTTP.", httpd.bad_requests);
  counter("kismet_http_clients_left_total", "Answers whose client left before their end.", httpd.left_early);
  counter("kismet_http_timeouts_total", "Connections that a time limit ended.", httpd.timed_out);
  counter("kismet_http_handler_failures_total", "Requests that failed by a bug of the daemon.", httpd.handler_failures);
  counter("kismet_http_websockets_total", "Websockets that were opened.", httpd.websockets);
  text.gauge("kismet_http_open_websockets", "Websockets that are open.");
  text.sample({}, httpd.open_websockets);
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
  counter("kismet_proxied_bad_cookies_total", "Cookies of helpers that were left out: they stand for a login.",
          proxied.bad_cookies);
}

void answer_metrics(MetricsText& text, const BufferBudget& buffers) {
  text.gauge("kismet_answers_memory_bytes", "Memory of answers that wait: for their clients, or for the disk.");
  text.sample({{"for", "client"}}, buffers.sending().used());
  text.sample({{"for", "disk"}}, buffers.writing().used());
  text.gauge("kismet_answers_memory_limit_bytes", "How much it may be (helper_answers_memory).");
  text.sample({}, buffers.limits().memory);
  text.gauge("kismet_answers_disk_bytes", "Disk space of answers that wait for their clients.");
  text.sample({}, buffers.disk_used());
  text.gauge("kismet_answers_disk_limit_bytes", "How much it may be (helper_answers_disk).");
  text.sample({}, buffers.limits().disk);
  const BufferBudget::Counters& counters = buffers.counters();
  text.gauge("kismet_spill_files", "Temporary files that are open.");
  text.sample({}, counters.files.load(std::memory_order_relaxed));
  text.counter("kismet_spilled_bytes_total", "Bytes of answers that were written to temporary files.");
  text.sample({}, counters.spilled_bytes.load(std::memory_order_relaxed));
  text.counter("kismet_spills_total", "How often an answer became too much for its share of the memory.");
  text.sample({}, counters.spills.load(std::memory_order_relaxed));
  text.counter("kismet_spill_pauses_total", "How often reading from a helper waited for the disk.");
  text.sample({}, counters.pauses.load(std::memory_order_relaxed));
  text.counter("kismet_answers_over_limit_total", "Answers that ended at a limit, to which the policy was applied.");
  text.sample({{"limit", "answer"}}, counters.over_own_limit.load(std::memory_order_relaxed));
  text.sample({{"limit", "memory"}}, counters.over_memory.load(std::memory_order_relaxed));
  text.sample({{"limit", "disk"}}, counters.over_disk.load(std::memory_order_relaxed));
  text.sample({{"limit", "disk failure"}}, counters.disk_failures.load(std::memory_order_relaxed));
}

void event_metrics(MetricsText& text, const EventBus& events, const FeedRegistry& feeds) {
  text.counter("kismet_events_published_total", "Events of the event bus.");
  text.sample({}, events.past({}).last_seq);
  text.gauge("kismet_event_feeds", "Clients that hear events over a websocket or Server-Sent Events.");
  text.sample({}, feeds.size());
  const auto counter = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
    text.counter(name, help);
    text.sample({}, value);
  };
  const FeedRegistry::Totals totals = feeds.totals();
  counter("kismet_event_feed_delivered_total", "Events that were sent to such clients.", totals.delivered);
  counter("kismet_event_feed_dropped_total", "Events that such clients were too slow for.", totals.dropped);
  counter("kismet_event_feed_limited_total", "Events that such clients had bounded by max_rate.", totals.limited);
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

/// Frames by direction and command; those that there were none of are left out.
void frame_metrics(MetricsText& text, const std::vector<HelperView>& helpers) {
  text.counter("kismet_helper_frames_total", "Frames by direction (in: from the helper) and command.");
  for (const HelperView& helper : helpers) {
    const SessionCounters& counters = helper.snapshot.counters;
    const auto sample = [&](std::string_view direction, std::size_t command, std::uint64_t count) {
      if (count == 0) return;
      text.sample({{"helper", helper.snapshot.name},
                   {"generation", helper.snapshot.generation},
                   {"direction", direction},
                   {"command", wire::command_name_at(command)}},
                  count);
    };
    for (std::size_t i = 0; i < counters.commands_in.size(); ++i) sample("in", i, counters.commands_in[i]);
    for (std::size_t i = 0; i < counters.commands_out.size(); ++i) sample("out", i, counters.commands_out[i]);
  }
}

/// What lies between a helper and the others.
void queue_metrics(MetricsText& text, const std::vector<HelperView>& helpers) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t SessionStatus::*value) {
    text.gauge(name, help);
    for (const HelperView& helper : helpers) text.sample({{"helper", helper.snapshot.name}}, helper.session.*value);
  };
  gauge("kismet_helper_queue_frames", "Frames that wait for the helper to read them.",
        &SessionStatus::frames_to_helper);
  gauge("kismet_helper_queue_bytes", "Bytes of them.", &SessionStatus::bytes_to_helper);
  gauge("kismet_helper_answer_bytes", "Bytes of open answers that wait for clients.", &SessionStatus::answer_bytes);
  gauge("kismet_helper_event_lag", "Events that wait for the helper.", &SessionStatus::events_lag);
}

/// How fast each helper answers, all its URIs together.
void latency_metrics(MetricsText& text, const std::vector<HelperView>& helpers, const HelperRoutes& uris) {
  std::map<std::string, Latencies, std::less<>> by_helper;
  for (const HelperRoutes::Entry& entry : uris.all()) {
    if (entry.stats) by_helper[entry.owner].add(entry.stats->sum().latency);
  }
  text.histogram("kismet_helper_latency_seconds", "From the head of a request for it to the head of its answer.");
  for (const HelperView& helper : helpers) {
    text.distribution({{"helper", helper.snapshot.name}}, by_helper[helper.snapshot.name]);
  }
}

constexpr HelperState kStates[] = {HelperState::configured,  HelperState::starting, HelperState::ready,
                                   HelperState::backing_off, HelperState::stopping, HelperState::stopped,
                                   HelperState::failed,      HelperState::disabled, HelperState::waiting,
                                   HelperState::gone};

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
  if (sources.access_log) {
    text.counter("kismet_http_access_log_lost_lines_total", "Lines of the access log that the disk did not take.");
    text.sample({}, sources.access_log->lost());
  }
  proxy_metrics(text, sources.proxied);
  if (sources.buffers) answer_metrics(text, *sources.buffers);
  event_metrics(text, sources.events, sources.feeds);
  helper_metrics(text, helpers);
  care_metrics(text, helpers, sources.uris.waiting());
  frame_metrics(text, helpers);
  queue_metrics(text, helpers);
  latency_metrics(text, helpers, sources.uris);
  return std::move(text).take();
}

std::vector<Route> metrics_routes(const MetricsSources& sources) {
  return {{"GET", "/metrics", "readonly", {}, false, std::make_shared<Metrics>(sources)}};
}

}  // namespace kismet
