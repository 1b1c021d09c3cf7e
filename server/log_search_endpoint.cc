#include "server/log_search_endpoint.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "httpd/response_writer.h"
#include "msgbus/message_text.h"
#include "server/json_endpoint.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostMessages = 1000;
constexpr std::size_t kLongestText = 1024;

const std::vector<Severity>& severities() {
  static const std::vector<Severity> all = {Severity::debug, Severity::info, Severity::error, Severity::alert,
                                            Severity::fatal};
  return all;
}

/// The value of `name` in the request's JSON or its variables, as text.
std::string value_of(const Json& command, const Variables& variables, const char* name) {
  if (const auto found = command.find(name); found != command.end()) {
    return found->is_string() ? found->get<std::string>() : json_line(*found);
  }
  for (const auto& [key, value] : variables) {
    if (key == name) return value;
  }
  return {};
}

std::string read_time(const std::string& text, WallTime now, const char* name, std::optional<WallTime>& time) {
  if (text.empty()) return {};
  time = parse_timestamp(text, now);
  return time ? "" : std::string(name) + " is no number of seconds";
}

std::string read_query(const Request& request, const Json& command, WallTime now, LogQuery& query) {
  const Variables variables = request.variables();
  const auto value = [&](const char* name) { return value_of(command, variables, name); };
  query.text = value("text");
  query.helper = value("helper");
  query.cursor = value("cursor");
  query.severity = value("severity");
  std::transform(query.severity.begin(), query.severity.end(), query.severity.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string* text : {&query.text, &query.helper, &query.cursor}) {
    if (text->size() > kLongestText) return "a text to look for may have 1024 bytes";
  }
  const bool known = std::any_of(severities().begin(), severities().end(),
                                 [&](Severity severity) { return severity_name(severity) == query.severity; });
  if (!query.severity.empty() && !known) return "severity is one of debug, info, error, alert and fatal";
  if (const std::string limit = value("limit"); !limit.empty()) {
    const Json number = Json::parse(limit, nullptr, false);
    if (!number.is_number_unsigned() || number == 0) return "limit is a number from 1 to 1000";
    query.limit = std::min(kMostMessages, number.get<std::size_t>());
  }
  std::string fault = read_time(value("from"), now, "from", query.from);
  return fault.empty() ? read_time(value("to"), now, "to", query.to) : fault;
}

int flags_of(const std::string& name) {
  for (const Severity severity : severities()) {
    if (severity_name(severity) == name) return static_cast<int>(severity);
  }
  return static_cast<int>(Severity::info);
}

Json json_of(const LogAnswer& answer) {
  Json list = Json::array();
  for (const FoundMessage& message : answer.messages) {
    list.push_back({{"kismet.messagebus.message_string", message.text},
                    {"kismet.messagebus.message_flags", flags_of(message.severity)},
                    {"kismet.messagebus.message_time", message.seconds},
                    {"kismet.messagebus.message_time_usec", message.microseconds},
                    {"kismet.messagebus.message_source", message.helper},
                    {"kismet.messagebus.message_repeats", message.repeats}});
  }
  return {{"kismet.messagebus.list", std::move(list)}, {"kismet.messagebus.cursor", answer.cursor}};
}

class LogSearchEndpoint final : public Handler {
 public:
  LogSearchEndpoint(LogSearch::Files files, Worker& worker, const Clock& clock)
      : search_(std::make_shared<LogSearch>(std::move(files), clock)), worker_(worker), clock_(clock) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request);
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    LogQuery query;
    if (form.status == 200) answer.reason = read_query(request, form.command, clock_.wall_now(), query);
    if (!answer.reason.empty()) {
      answer.status = std::max(form.status, 400U);
    } else {
      answer = co_await find(out.loop(), std::move(query));
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  Task<JsonAnswer> find(Loop& loop, LogQuery query) {
    auto job = [search = search_, wanted = std::move(query)] { return search->find(wanted); };
    const std::optional<LogAnswer> answer = co_await worker_.run(loop.get_executor(), std::move(job));
    if (!answer) co_return JsonAnswer::error(503, "too many searches at once; try again later");
    if (!answer->fault.empty()) co_return JsonAnswer::error(400, answer->fault);
    co_return JsonAnswer{json_of(*answer), 200, {}};
  }

  const std::shared_ptr<LogSearch> search_;  // Its jobs may outlive this.
  Worker& worker_;
  const Clock& clock_;
};

}  // namespace

std::vector<Route> log_search_routes(LogSearch::Files files, Worker& worker, const Clock& clock) {
  return get_and_post("/messagebus/search.*", "readonly",
                      std::make_shared<LogSearchEndpoint>(std::move(files), worker, clock));
}

}  // namespace kismet
