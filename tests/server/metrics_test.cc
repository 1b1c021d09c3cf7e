#include "server/metrics.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "endpoint_client.h"
#include "eventbus/event_bus.h"
#include "fake_helper_control.h"
#include "server/parked_handler.h"
#include "server/metrics_text.h"

using namespace kismet;

namespace {

struct Site {
  Site() { client.add(metrics_routes(sources)); }

  std::string text() { return client.get("/metrics").body(); }
  /// The value of one sample, or what is missing.
  std::string value(const std::string& sample) {
    std::istringstream lines(text());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
    }
    return "no " + sample;
  }

  ManualClock clock;
  EventBus events{clock};
  Loops loops{clock, 1};
  Loop& loop{loops.first()};
  HttpdCounters httpd;
  ProxyCounters proxied;
  FeedRegistry feeds;
  SystemStatus status{SystemInfo{.version = "1.2.3"}, clock};
  testing::FakeHelperControl helpers;
  Replicated<Router> routers{loops, [](Loop&) { return std::make_shared<Router>(); }};
  Router own;
  std::shared_ptr<ParkedHandler> parked = std::make_shared<ParkedHandler>(loops, routers);
  HelperRoutes uris{loops, routers, own, parked};
  MetricsSources sources{loop, helpers, [this] { return httpd; }, proxied, events, feeds, status, uris};
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("metrics come as Prometheus' text format, for the role readonly") {
  Site site;
  const testing::FakeResponseWriter& answer = site.client.get("/metrics");
  CHECK(answer.status() == 200);
  CHECK(answer.content_type() == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(site.client.role("GET", "/metrics") == "readonly");
}

TEST_CASE("metrics tell of the process") {
  Site site;
  CHECK(site.value("kismet_build_info{version=\"1.2.3\"}") == "1");
  CHECK(site.value("kismet_process_start_time_seconds") == "1700000000");
  CHECK(std::stod(site.value("kismet_process_cpu_seconds_total")) > 0);
  CHECK(std::stoll(site.value("kismet_process_resident_memory_bytes")) > 100'000);
}

TEST_CASE("metrics tell what the web server and the proxy have counted") {
  Site site;
  site.httpd.open_connections = 3;
  site.httpd.open_websockets = 6;
  RouteClassCounters& helper = site.httpd.routes[static_cast<std::size_t>(RouteClass::helper)];
  helper.by_status = {1, 0, 20, 0, 4, 5};
  site.proxied.requests = 7;
  site.proxied.cut = 2;
  CHECK(site.value("kismet_http_open_connections") == "3");
  CHECK(site.value("kismet_http_requests_total{route=\"helper\",status=\"none\"}") == "1");
  CHECK(site.value("kismet_http_requests_total{route=\"helper\",status=\"2xx\"}") == "20");
  CHECK(site.value("kismet_http_requests_total{route=\"helper\",status=\"5xx\"}") == "5");
  CHECK(site.value("kismet_http_requests_total{route=\"own\",status=\"5xx\"}") == "0");
  CHECK(site.value("kismet_http_open_websockets") == "6");
  CHECK(site.value("kismet_proxied_requests_total") == "7");
  CHECK(site.value("kismet_proxied_cut_total") == "2");
}

TEST_CASE("metrics tell how many events were published") {
  Site site;
  site.events.publish("A", "{}");
  site.events.publish("B", "{}");
  CHECK(site.value("kismet_events_published_total") == "2");
}

TEST_CASE("metrics tell of each helper, with its state as a label") {
  Site site;
  HelperSnapshot& is = site.helpers.add("demo").snapshot;
  is.starts = 3;
  is.round_trip = std::chrono::microseconds(250);
  is.open_exchanges = 4;
  is.counters.cancels = 11;
  site.helpers.add("other", HelperState::disabled);
  CHECK(site.value("kismet_helper_state{helper=\"demo\",state=\"ready\"}") == "1");
  CHECK(site.value("kismet_helper_state{helper=\"demo\",state=\"failed\"}") == "0");
  CHECK(site.value("kismet_helper_state{helper=\"other\",state=\"disabled\"}") == "1");
  CHECK(site.value("kismet_helper_restarts_total{helper=\"demo\"}") == "2");
  CHECK(site.value("kismet_helper_restarts_total{helper=\"other\"}") == "0");
  CHECK(site.value("kismet_helper_round_trip_seconds{helper=\"demo\"}") == "0.00025");
  CHECK(site.value("kismet_helper_open_exchanges{helper=\"demo\"}") == "4");
  CHECK(site.value("kismet_helper_cancels_total{helper=\"demo\"}") == "11");
  CHECK(site.value("kismet_helper_start_time_seconds{helper=\"demo\"}") == "0");
}

TEST_CASE("latencies are histograms, by what a route is and by helper") {
  Site site;
  LatencyHistogram times;
  times.add(std::chrono::microseconds(200));
  times.add(std::chrono::milliseconds(3));
  times.add(std::chrono::minutes(5));
  site.httpd.routes[static_cast<std::size_t>(RouteClass::own)].latency.add(times);
  CHECK(site.value("kismet_http_latency_seconds_bucket{route=\"own\",le=\"0.000128\"}") == "0");
  CHECK(site.value("kismet_http_latency_seconds_bucket{route=\"own\",le=\"0.000256\"}") == "1");
  CHECK(site.value("kismet_http_latency_seconds_bucket{route=\"own\",le=\"0.004096\"}") == "2");
  CHECK(site.value("kismet_http_latency_seconds_bucket{route=\"own\",le=\"+Inf\"}") == "3");
  CHECK(site.value("kismet_http_latency_seconds_count{route=\"own\"}") == "3");
  CHECK(site.value("kismet_http_latency_seconds_sum{route=\"own\"}") == "300.0032");

  site.helpers.add("demo");
  REQUIRE(site.uris.add("demo", "any", "GET", "/demo/x", site.parked).empty());
  site.loop.context().poll();  // The routers change on it.
  const std::shared_ptr<RouteStats> stats = site.routers.local(site.loop).all().front().stats;
  stats->begin(site.loop);
  stats->end(site.loop, {.failed = false, .timed = true, .time = std::chrono::milliseconds(1)});
  CHECK(site.value("kismet_helper_latency_seconds_bucket{helper=\"demo\",le=\"0.000512\"}") == "0");
  CHECK(site.value("kismet_helper_latency_seconds_bucket{helper=\"demo\",le=\"0.001024\"}") == "1");
}

TEST_CASE("frames are counted by generation, direction and command, queues by what waits in them") {
  Site site;
  HelperView& helper = site.helpers.add("demo");
  helper.snapshot.generation = "v2";
  helper.snapshot.counters.commands_in[wire::Command(wire::Pong{}).index()] = 4;
  helper.snapshot.counters.commands_out[wire::Command(wire::Ping{}).index()] = 5;
  helper.session.bytes_to_helper = 77;
  helper.session.events_lag = 8;
  const std::string labels = "kismet_helper_frames_total{helper=\"demo\",generation=\"v2\",direction=";
  CHECK(site.value(labels + "\"in\",command=\"PONG\"}") == "4");
  CHECK(site.value(labels + "\"out\",command=\"PING\"}") == "5");
  CHECK(site.value("kismet_helper_queue_bytes{helper=\"demo\"}") == "77");
  CHECK(site.value("kismet_helper_event_lag{helper=\"demo\"}") == "8");
}

TEST_CASE("what feeds lost is counted when they are over, too") {
  Site site;
  Request request;
  {
    const std::shared_ptr<FeedStats> first = site.feeds.add("sse", request);
    first->dropped = 3;
    first->delivered = 10;
    CHECK(site.value("kismet_event_feeds") == "1");
  }
  const std::shared_ptr<FeedStats> second = site.feeds.add("websocket", request);
  second->dropped = 4;
  CHECK(site.value("kismet_event_feed_dropped_total") == "7");
  CHECK(site.value("kismet_event_feed_delivered_total") == "10");
  CHECK(site.value("kismet_event_feeds") == "1");
}

TEST_CASE("each family has one HELP and one TYPE before its samples, and only counters end in _total") {
  Site site;
  site.helpers.add("demo");
  std::istringstream lines(site.text());
  std::set<std::string> families;
  std::string family;
  bool histogram = false;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, type;
    words >> hash >> keyword >> name >> type;
    if (hash != "#") {
      std::string sample = line.substr(0, line.find_first_of("{ "));
      if (histogram && sample.starts_with(family + "_")) sample.resize(family.size());
      CHECK(sample == family);
    } else if (keyword == "HELP") {
      CHECK(families.insert(name).second);
      family = name;
    } else {
      CHECK(keyword == "TYPE");
      CHECK(name == family);
      CHECK((type == "counter") == name.ends_with("_total"));
      histogram = type == "histogram";
    }
  }
  CHECK(families.size() > 30);
}

TEST_CASE("a label's value is escaped and valid UTF-8") {
  MetricsText text;
  text.gauge("x", "help");
  text.sample({{"a", "quote\" back\\ line\nend"}, {"b", "\xFF"}}, 1.5);
  CHECK(std::move(text).take() ==
        "# HELP x help\n# TYPE x gauge\nx{a=\"quote\\\" back\\\\ line\\nend\",b=\"\xEF\xBF\xBD\"} 1.5\n");
}
