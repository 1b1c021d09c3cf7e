#include "server/ctl_show.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/ctl_json.h"
#include "server/ctl_table.h"

namespace kismet {

namespace {

using Json = nlohmann::json;
using Align = CtlTable::Align;

Colour colour_of_state(const std::string& state) {
  if (state == "ready") return Colour::green;
  if (state == "failed") return Colour::red;
  if (state == "stopped" || state == "disabled" || state == "configured") return Colour::dim;
  return Colour::yellow;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

std::string shown_ms(double ms) {
  return ms > 0 ? shown_duration(ms / 1000) : "-";
}

/// "name   value" lines, the values below each other.
class Properties {
 public:
  void add(std::string name, std::string value, Colour colour = Colour::none) {
    if (!value.empty()) all_.push_back({std::move(name), {std::move(value), colour}});
  }
  std::string text(bool colours) const {
    std::size_t width = 0;
    for (const auto& [name, value] : all_) width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : all_) {
      out += name + std::string(width - name.size() + 2, ' ') + coloured(value.text, value.colour, colours) + '\n';
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, CtlTable::Cell>> all_;
};

std::string joined(const Json& texts, std::string_view between) {
  std::string out;
  if (!texts.is_array()) return out;
  for (const Json& text : texts) {
    if (!text.is_string()) continue;
    if (!out.empty()) out += between;
    out += printable(text.get<std::string>());
  }
  return out;
}

std::string heading(std::string_view text, bool colours) {
  return "\n" + coloured(text, Colour::bold, colours) + "\n";
}

std::string show_uris(const Json& uris, bool colours) {
  CtlTable table({{"METHOD"},
                  {"URI"},
                  {"REQUESTS", Align::right},
                  {"OPEN", Align::right},
                  {"ERRORS", Align::right},
                  {"P50", Align::right},
                  {"P99", Align::right},
                  {"MAX", Align::right}});
  for (const Json& uri : uris) {
    const Json& latency = json_at(uri, "latency_ms");
    table.add({text_at(uri, "method"),
               printable(text_at(uri, "uri")),
               whole_at(uri, "requests"),
               whole_at(uri, "open"),
               {whole_at(uri, "errors"), number_at(uri, "errors") > 0 ? Colour::red : Colour::none},
               shown_ms(number_at(latency, "p50")),
               shown_ms(number_at(latency, "p99")),
               shown_ms(number_at(latency, "max"))});
  }
  return table.empty() ? std::string() : heading("URIs", colours) + table.text(colours);
}

std::string show_open(const Json& requests, bool colours) {
  CtlTable table(
      {{"REQUEST", Align::right}, {"METHOD"}, {"URI"}, {"AGE", Align::right}, {"ANSWERED", Align::right}, {"CLIENT"}});
  for (const Json& request : requests) {
    table.add({whole_at(request, "req_id"), text_at(request, "method"), printable(text_at(request, "uri")),
               shown_duration(number_at(request, "age")), shown_bytes(number_at(request, "sent_bytes")),
               printable(text_at(request, "client"))});
  }
  return table.empty() ? std::string() : heading("Open requests", colours) + table.text(colours);
}

std::string show_history(const Json& history, bool colours) {
  CtlTable table({{"TIME"}, {"STATE"}, {"WHAT"}});
  for (const Json& moment : history) {
    const std::string state = text_at(moment, "state");
    table.add(
        {shown_time(number_at(moment, "time")), {state, colour_of_state(state)}, printable(text_at(moment, "text"))});
  }
  return table.empty() ? std::string() : heading("History", colours) + table.text(colours);
}

std::string show_report(const Json& report, bool colours) {
  if (!report.is_object()) return {};
  Properties lines;
  lines.add("when", shown_time(number_at(report, "time")));
  lines.add("what", printable(text_at(report, "summary")), Colour::red);
  lines.add("hint", printable(text_at(report, "hint")));
  std::string out = heading("Last failure", colours) + lines.text(colours);
  const Json& output = json_at(report, "output");
  if (output.is_array()) {
    for (const Json& line : output) out += "  | " + printable(line.is_string() ? line.get<std::string>() : "") + "\n";
  }
  return out;
}

}  // namespace

std::string show_status(const Json& status, const Json& helpers, bool colours) {
  std::size_t ready = 0;
  std::size_t failed = 0;
  double open = 0;
  for (const Json& helper : helpers) {
    ready += text_at(helper, "kismet.helper.state") == "ready";
    failed += text_at(helper, "kismet.helper.state") == "failed";
    open += number_at(helper, "kismet.helper.open_exchanges");
  }
  const double up =
      number_at(status, "kismet.system.timestamp.sec") - number_at(status, "kismet.system.timestamp.start_sec");
  std::string count = std::to_string(ready) + " of " + std::to_string(helpers.size()) + " ready";
  if (failed > 0) count += ", " + std::to_string(failed) + " failed";
  Properties lines;
  lines.add("version", text_at(status, "kismet.system.version"));
  lines.add("name", printable(text_at(status, "kismet.system.server_name")));
  lines.add("location", printable(text_at(status, "kismet.system.server_location")));
  lines.add("user", printable(text_at(status, "kismet.system.user")));
  lines.add("runs for", shown_duration(up));
  lines.add("memory", shown_bytes(number_at(status, "kismet.system.memory.rss") * 1024));
  lines.add("connections", whole_at(status, "kismet.system.num_http_connections"));
  lines.add("helpers", count, failed > 0 ? Colour::red : ready == helpers.size() ? Colour::green : Colour::yellow);
  lines.add("open requests", std::to_string(static_cast<long long>(open)));
  return lines.text(colours);
}

std::string show_helpers(const Json& helpers, bool colours) {
  if (helpers.empty()) return "no helpers are configured\n";
  CtlTable table({{"NAME"},
                  {"STATE"},
                  {"PID", Align::right},
                  {"UPTIME", Align::right},
                  {"WIRE"},
                  {"TRANSPORT"},
                  {"RTT", Align::right},
                  {"URIS", Align::right},
                  {"OPEN", Align::right},
                  {"REQUESTS", Align::right},
                  {"RESTARTS", Align::right}});
  for (const Json& helper : helpers) {
    const std::string state = text_at(helper, "kismet.helper.state");
    const double pid = number_at(helper, "kismet.helper.pid");
    const double up = number_at(helper, "kismet.helper.uptime");
    table.add({printable(text_at(helper, "kismet.helper.name")),
               {state, colour_of_state(state)},
               pid > 0 ? whole_at(helper, "kismet.helper.pid") : "-",
               up > 0 ? shown_duration(up) : "-",
               or_dash(text_at(helper, "kismet.helper.generation")),
               or_dash(text_at(helper, "kismet.helper.transport")),
               shown_ms(number_at(helper, "kismet.helper.round_trip_us") / 1000),
               std::to_string(json_at(helper, "kismet.helper.uris").size()),
               whole_at(helper, "kismet.helper.open_exchanges"),
               shown_count(number_at(helper, "kismet.helper.requests_total")),
               std::to_string(std::max(0LL, static_cast<long long>(number_at(helper, "kismet.helper.starts")) - 1))});
  }
  return table.text(colours);
}

std::string show_helper(const Json& helper, bool colours) {
  const std::string state = text_at(helper, "kismet.helper.state");
  const Json& definition = json_at(helper, "kismet.helper.definition");
  const Json& counters = json_at(helper, "kismet.helper.counters");
  const Json& queues = json_at(helper, "kismet.helper.queues");
  const Json& events = json_at(helper, "kismet.helper.subscriptions");
  Properties lines;
  lines.add("name", printable(text_at(helper, "kismet.helper.name")), Colour::bold);
  lines.add("state", state + " since " + shown_time(number_at(helper, "kismet.helper.state_since")),
            colour_of_state(state));
  std::string program = printable(text_at(definition, "program"));
  if (const std::string args = joined(json_at(definition, "args"), " "); !args.empty()) program += " " + args;
  lines.add("program", std::move(program));
  lines.add("found at", printable(text_at(helper, "kismet.helper.path")));
  lines.add("defined at", printable(text_at(definition, "defined_at")));
  if (number_at(helper, "kismet.helper.pid") > 0) lines.add("process", whole_at(helper, "kismet.helper.pid"));
  if (const double up = number_at(helper, "kismet.helper.uptime"); up > 0) lines.add("runs for", shown_duration(up));
  lines.add("wire", text_at(helper, "kismet.helper.generation"));
  lines.add("transport", text_at(helper, "kismet.helper.transport"));
  lines.add("peer", printable(text_at(helper, "kismet.helper.peer")));
  lines.add("round trip", shown_ms(number_at(helper, "kismet.helper.round_trip_us") / 1000));
  lines.add("starts, failures",
            whole_at(helper, "kismet.helper.starts") + ", " + whole_at(helper, "kismet.helper.failures"));
  lines.add("requests", whole_at(helper, "kismet.helper.requests_total") + ", " +
                            whole_at(helper, "kismet.helper.open_exchanges") + " open, " +
                            whole_at(counters, "cancels") + " cancelled, " + whole_at(counters, "late_answers") +
                            " late answers");
  lines.add("from it", whole_at(counters, "frames_in") + " frames, " + shown_bytes(number_at(counters, "bytes_in")));
  lines.add("to it", whole_at(counters, "frames_out") + " frames, " + shown_bytes(number_at(counters, "bytes_out")) +
                         "; " + whole_at(queues, "to_helper_frames") + " frames, " +
                         shown_bytes(number_at(queues, "to_helper_bytes")) + " wait");
  if (const std::string topics = joined(json_at(events, "topics"), " "); !topics.empty()) {
    lines.add("events", topics + ": " + whole_at(events, "delivered") + " delivered, " + whole_at(events, "dropped") +
                            " dropped, " + whole_at(events, "lag") + " wait");
  }
  lines.add("last end", printable(text_at(helper, "kismet.helper.last_exit")));
  return lines.text(colours) + show_uris(json_at(helper, "kismet.helper.uris"), colours) +
         show_open(json_at(helper, "kismet.helper.open_requests"), colours) +
         show_history(json_at(helper, "kismet.helper.history"), colours) +
         show_report(json_at(helper, "kismet.helper.last_report"), colours);
}

std::string show_routes(const Json& routes, bool colours) {
  CtlTable table({{"METHOD"},
                  {"PATH"},
                  {"OWNER"},
                  {"ROLE"},
                  {"HITS", Align::right},
                  {"ERRORS", Align::right},
                  {"P50", Align::right},
                  {"P99", Align::right}});
  for (const Json& route : routes) {
    const Json& latency = json_at(route, "latency_ms");
    const bool parked = json_at(route, "parked") == true;
    table.add({text_at(route, "method"),
               {printable(text_at(route, "path")), parked ? Colour::dim : Colour::none},
               or_dash(printable(text_at(route, "owner"))),
               text_at(route, "role"),
               whole_at(route, "hits"),
               {whole_at(route, "errors"), number_at(route, "errors") > 0 ? Colour::red : Colour::none},
               shown_ms(number_at(latency, "p50")),
               shown_ms(number_at(latency, "p99"))});
  }
  return table.text(colours);
}

std::string show_reload(const Json& result, bool colours) {
  std::string out =
      coloured(json_at(result, "kismet.reload.done") == true ? "reloaded" : "not reloaded", Colour::bold, colours);
  if (const std::string reason = text_at(result, "kismet.reload.reason"); !reason.empty())
    out += ": " + printable(reason);
  out += '\n';
  for (const char* key : {"kismet.reload.problems", "kismet.reload.settings", "kismet.reload.helpers"}) {
    for (const Json& line : json_at(result, key)) {
      out += "  " + (line.is_string() ? printable(line.get<std::string>()) : printable(line.dump())) + '\n';
    }
  }
  return out;
}

}  // namespace kismet
