#include "server/helper_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "server/json_request.h"

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
          {"messages_suppressed", counters.messages_suppressed}};
}

Json resources_json(const ResourceUse& use) {
  return {{"user_cpu", in_seconds_of(use.user_cpu)},
          {"system_cpu", in_seconds_of(use.system_cpu)},
          {"peak_memory", use.peak_memory},
          {"blocks_read", use.blocks_read},
          {"blocks_written", use.blocks_written}};
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
            {"output", report->output}};
  json["resources"] = report->pid > 0 ? resources_json(report->use) : Json();
  return json;
}

Json definition_json(const HelperDefinition& definition) {
  return {{"program", definition.program},       {"args", definition.args},
          {"enabled", definition.enabled},       {"restart", to_string(definition.restart)},
          {"wire", to_string(definition.wire)},  {"uri_role", definition.uri_role},
          {"token_role", definition.token_role}, {"defined_at", definition.defined_at}};
}

Json uris_json(const std::string& owner, const std::vector<HelperRoutes::Entry>& uris) {
  Json json = Json::array();
  for (const HelperRoutes::Entry& entry : uris) {
    if (entry.owner != owner) continue;
    json.push_back({{"method", entry.method}, {"uri", entry.uri}, {"parked", entry.parked}});
  }
  return json;
}

}  // namespace

Json helper_json(const HelperView& helper, const std::vector<HelperRoutes::Entry>& uris, WallTime now) {
  const HelperSnapshot& is = helper.snapshot;
  return {{"kismet.helper.name", is.name},
          {"kismet.helper.state", to_string(is.state)},
          {"kismet.helper.state_since", seconds_of(is.state_since)},
          {"kismet.helper.path", is.path},
          {"kismet.helper.pid", is.pid},
          {"kismet.helper.generation", is.generation},
          {"kismet.helper.transport", "pipe"},
          {"kismet.helper.uptime", is.pid > 0 ? in_seconds_of(now - is.started_at) : 0.0},
          {"kismet.helper.starts", is.starts},
          {"kismet.helper.failures", is.failures},
          {"kismet.helper.restarts_in_row", is.attempts},
          {"kismet.helper.round_trip_us", is.round_trip.count()},
          {"kismet.helper.open_exchanges", is.open_exchanges},
          {"kismet.helper.uris", uris_json(is.name, uris)},
          {"kismet.helper.counters", counters_json(is.counters)},
          {"kismet.helper.last_exit", is.last_exit},
          {"kismet.helper.last_report", report_json(is.last_report)},
          {"kismet.helper.definition", definition_json(helper.definition)}};
}

}  // namespace kismet
