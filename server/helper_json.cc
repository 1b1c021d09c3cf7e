#include "server/helper_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "external/remote_helper.h"
#include "server/json_request.h"
#include "server/latency_json.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

template <typename Duration>
double in_seconds_of(Duration time) {
  return std::chrono::duration<double>(time).count();
}

std::string_view to_string(WireChoice wire) {
  switch (wire) {
    case WireChoice::automatic:
      return "auto";
    case WireChoice::v0:
      return "v0";
    case WireChoice::v2:
      return "v2";
    case WireChoice::v3:
      return "v3";
  }
  return "unknown";
}

std::string_view to_string(RestartMode mode) {
  switch (mode) {
    case RestartMode::never:
      return "never";
    case RestartMode::on_failure:
      return "on-failure";
    case RestartMode::always:
      return "always";
  }
  return "unknown";
}

Json budgets_json(const std::array<std::uint64_t, kBudgetKinds>& seconds) {
  Json json;
  for (std::size_t i = 0; i < kBudgetKinds; ++i) json[std::string(to_string(static_cast<BudgetKind>(i)))] = seconds[i];
  return json;
}

Json counters_json(const SessionCounters& counters) {
  return {{"frames_in", counters.frames_in},
          {"frames_out", counters.frames_out},
          {"bytes_in", counters.bytes_in},
          {"bytes_out", counters.bytes_out},
          {"unknown_commands", counters.unknown_commands},
          {"garbled_commands", counters.garbled_commands},
          {"late_answers", counters.late_answers},
          {"late_heads", counters.late_heads},
          {"requests", counters.requests},
          {"cancels", counters.cancels},
          {"events_sent", counters.events_sent},
          {"events_dropped", counters.events_dropped},
          {"events_published", counters.events_published},
          {"messages", counters.messages},
          {"messages_suppressed", counters.messages_suppressed},
          {"datasource_commands", counters.datasource_commands},
          {"requests_refused", counters.requests_refused},
          {"events_refused", counters.events_refused},
          {"budget_warnings", budgets_json(counters.budget_warnings)},
          {"budget_throttles", budgets_json(counters.budget_throttles)}};
}

Json resources_json(const ResourceUse& use) {
  return {{"user_cpu", in_seconds_of(use.user_cpu)},
          {"system_cpu", in_seconds_of(use.system_cpu)},
          {"peak_memory", use.peak_memory},
          {"blocks_read", use.blocks_read},
          {"blocks_written", use.blocks_written}};
}

Json swap_json(const HelperSwapView& swap) {
  const bool idle = swap.state == HelperSwapView::State::none;
  const bool ever = swap.done + swap.failed > 0;
  return {{"state", to_string(swap.state)},
          {"since", idle ? Json() : Json(seconds_of(swap.since))},
          {"draining", swap.draining},
          {"done", swap.done},
          {"failed", swap.failed},
          {"last_time", ever ? Json(seconds_of(swap.last_time)) : Json()},
          {"last_trouble", swap.last_trouble}};
}

Json frames_json(const HelperReport& report) {
  Json frames = Json::array();
  for (const FrameNote& frame : report.frames) {
    frames.push_back({{"before_end", in_seconds_of(report.ended - frame.at)},
                      {"direction", frame.direction == FrameNote::Direction::in ? "in" : "out"},
                      {"command", frame.name()},
                      {"seqno", frame.seqno},
                      {"size", frame.size}});
  }
  return frames;
}

Json report_json(const HelperReportPtr& report) {
  if (!report) return nullptr;
  Json json{{"time", seconds_of(report->time)},
            {"pid", report->pid},
            {"ran_for", in_seconds_of(report->ran_for)},
            {"summary", report->summary},
            {"exit", report->exit},
            {"session", report->session},
            {"hint", report->hint},
            {"output", report->output},
            {"frames", frames_json(*report)}};
  json["resources"] = report->pid > 0 ? resources_json(report->use) : Json();
  return json;
}

Json definition_json(const HelperDefinition& definition) {
  return {{"program", definition.program},
          {"args", definition.args},
          {"enabled", definition.enabled},
          {"restart", to_string(definition.restart)},
          {"wire", to_string(definition.wire)},
          {"uri_role", definition.uri_role},
          {"token_role", definition.token_role},
          {"defined_at", definition.defined_at},
          {"transport", to_string(definition.transport)},
          {"subsystem", definition.transport == HelperTransport::pipe ? std::string() : subsystem_of(definition)}};
}

Json uris_json(const std::string& owner, const std::vector<HelperRoutes::Entry>& uris) {
  Json json = Json::array();
  for (const HelperRoutes::Entry& entry : uris) {
    if (entry.owner != owner) continue;
    const RouteStats::Sum sum = entry.stats ? entry.stats->sum() : RouteStats::Sum{};
    json.push_back({{"method", entry.method},
                    {"uri", entry.uri},
                    {"parked", entry.parked},
                    {"requests", sum.hits},
                    {"open", sum.open},
                    {"errors", sum.errors},
                    {"latency_ms", latency_json(sum.latency)}});
  }
  return json;
}

Json subscriptions_json(const SessionStatus& session) {
  return {{"topics", session.topics},
          {"delivered", session.events_delivered},
          {"dropped", session.events_dropped},
          {"lag", session.events_lag}};
}

Json queues_json(const SessionStatus& session) {
  return {{"to_helper_frames", session.frames_to_helper},
          {"to_helper_bytes", session.bytes_to_helper},
          {"answer_bytes", session.answer_bytes}};
}

Json history_json(const std::vector<HelperMoment>& history) {
  Json json = Json::array();
  for (const HelperMoment& moment : history) {
    json.push_back({{"time", seconds_of(moment.time)}, {"state", to_string(moment.state)}, {"text", moment.text}});
  }
  return json;
}

}  // namespace

Json open_requests_json(const std::vector<OpenRequest>& requests) {
  Json json = Json::array();
  for (const OpenRequest& request : requests) {
    json.push_back({{"req_id", request.id.value},
                    {"method", request.method},
                    {"uri", request.uri},
                    {"age", in_seconds_of(request.age)},
                    {"sent_bytes", request.answered},
                    {"client", request.client}});
  }
  return json;
}

Json helper_json(const HelperView& helper, const std::vector<HelperRoutes::Entry>& uris, WallTime now) {
  const HelperSnapshot& is = helper.snapshot;
  return {{"kismet.helper.name", is.name},
          {"kismet.helper.state", to_string(is.state)},
          {"kismet.helper.state_since", seconds_of(is.state_since)},
          {"kismet.helper.path", is.path},
          {"kismet.helper.pid", is.pid},
          {"kismet.helper.generation", is.generation},
          {"kismet.helper.transport", is.transport},
          {"kismet.helper.peer", is.peer},
          {"kismet.helper.uptime", is.pid > 0 || !is.peer.empty() ? in_seconds_of(now - is.started_at) : 0.0},
          {"kismet.helper.starts", is.starts},
          {"kismet.helper.failures", is.failures},
          {"kismet.helper.restarts_in_row", is.attempts},
          {"kismet.helper.round_trip_us", is.round_trip.count()},
          {"kismet.helper.open_exchanges", is.open_exchanges},
          {"kismet.helper.uris", uris_json(is.name, uris)},
          {"kismet.helper.subscriptions", subscriptions_json(helper.session)},
          {"kismet.helper.queues", queues_json(helper.session)},
          {"kismet.helper.requests_total", is.requests_total},
          {"kismet.helper.history", history_json(helper.history)},
          {"kismet.helper.swap", swap_json(helper.swap)},
          {"kismet.helper.counters", counters_json(is.counters)},
          {"kismet.helper.last_exit", is.last_exit},
          {"kismet.helper.last_report", report_json(is.last_report)},
          {"kismet.helper.definition", definition_json(helper.definition)}};
}

}  // namespace kismet
