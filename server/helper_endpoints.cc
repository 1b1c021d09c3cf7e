#include "server/helper_endpoints.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/run_on.h"
#include "httpd/percent.h"
#include "server/helper_json.h"
#include "server/json_endpoint.h"

namespace kismet {

namespace {

constexpr std::string_view kReadRole = "readonly";
constexpr std::string_view kCommandRole = "admin";

JsonAnswer unknown(const std::string& name) {
  return JsonAnswer::error(404, "there is no helper " + name);
}

std::optional<std::string> variable_of(const Request& request, std::string_view name) {
  for (auto& [key, value] : request.variables()) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string name_of(const Request& request) {
  return percent_decode(request.captures.front(), Plus::itself);
}

class AllHelpers final : public Handler {
 public:
  explicit AllHelpers(const HelperPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request);
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      Task<std::vector<HelperView>> ask = run_on(pages_.home, pages_.control.views());
      const std::vector<HelperView> all = co_await std::move(ask);
      answer.value = list(all);
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  nlohmann::json list(const std::vector<HelperView>& all) const {
    const std::vector<HelperRoutes::Entry> uris = pages_.uris.all();
    const WallTime now = pages_.clock.wall_now();
    nlohmann::json json = nlohmann::json::array();
    for (const HelperView& helper : all) json.push_back(helper_json(helper, uris, now));
    return json;
  }

  const HelperPages pages_;
};

class OneHelper final : public Handler {
 public:
  explicit OneHelper(const HelperPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const std::optional<NamedFile> file = NamedFile::of(request.captures.front());
    const JsonForm form = JsonForm::of(request, file ? std::string_view(file->extension) : std::string_view());
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      Task<std::optional<HelperView>> ask = run_on(pages_.home, pages_.control.view(file->name));
      const std::optional<HelperView> found = co_await std::move(ask);
      answer = found ? JsonAnswer{page(*found), 200, {}} : unknown(file->name);
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  nlohmann::json page(const HelperView& helper) const {
    nlohmann::json json = helper_json(helper, pages_.uris.all(), pages_.clock.wall_now());
    json["kismet.helper.open_requests"] = open_requests_json(helper.open_requests);
    return json;
  }

  const HelperPages pages_;
};

class HelperLog final : public Handler {
 public:
  explicit HelperLog(const HelperPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request);
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      const std::string name = name_of(request);
      Task<std::optional<HelperOutput>> ask = run_on(pages_.home, pages_.control.output(name));
      const std::optional<HelperOutput> output = co_await std::move(ask);
      answer = output ? page(request, name, *output) : unknown(name);
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  /// All lines that are there, or, with `since`, those after that number.
  static JsonAnswer page(const Request& request, const std::string& name, const HelperOutput& output) {
    std::size_t known = 0;
    if (const std::optional<std::string> since = variable_of(request, "since")) {
      std::uint64_t seq = 0;
      const auto [end, fault] = std::from_chars(since->data(), since->data() + since->size(), seq);
      if (fault != std::errc() || end != since->data() + since->size()) {
        return JsonAnswer::error(400, "since is the number of a line, as in kismet.helper.log_seq");
      }
      const std::uint64_t before = output.last - std::min<std::uint64_t>(output.last, output.lines.size());
      // A number that is not reached yet is another daemon's: all is new.
      if (seq > before && seq <= output.last) known = static_cast<std::size_t>(seq - before);
    }
    return {{{"kismet.helper.name", name},
             {"kismet.helper.log",
              std::vector<std::string>(output.lines.begin() + static_cast<std::ptrdiff_t>(known), output.lines.end())},
             {"kismet.helper.log_seq", output.last}},
            200,
            {}};
  }

  const HelperPages pages_;
};

class CommandHelper final : public Handler {
 public:
  CommandHelper(const HelperPages& pages, HelperCommand command) : pages_(pages), command_(command) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request, "cmd");
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      const std::string name = name_of(request);
      Task<HelperOutcome> ask = run_on(pages_.home, pages_.control.command(name, command_));
      const HelperOutcome outcome = co_await std::move(ask);
      answer = answer_of(name, outcome);
      note(request, name, answer);
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  static JsonAnswer answer_of(const std::string& name, const HelperOutcome& outcome) {
    if (!outcome.state) return unknown(name);
    if (!outcome.refusal.empty()) return JsonAnswer::error(503, outcome.refusal);
    return {{{"kismet.helper.name", name}, {"kismet.helper.state", to_string(*outcome.state)}}, 200, {}};
  }

  void note(const Request& request, const std::string& name, const JsonAnswer& answer) const {
    std::string text = "helper " + name + ": " + std::string(to_string(command_)) + " asked for by " +
                       request.principal.name + " from " + request.client_address;
    if (answer.status != 200) text += "; refused: " + answer.reason;
    pages_.messages.info(text);
  }

  const HelperPages pages_;
  const HelperCommand command_;
};

/// Ends one open request of a helper.
class CancelRequest final : public Handler {
 public:
  explicit CancelRequest(const HelperPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request, "cmd");
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      const std::string name = name_of(request);
      const auto id = form.command.find("req_id");
      answer = JsonAnswer::error(400, "req_id, the number of an open request, is missing");
      if (id != form.command.end() && id->is_number_unsigned() && id->get<std::uint64_t>() <= UINT32_MAX) {
        const wire::RequestId req_id{id->get<std::uint32_t>()};
        Task<HelperOutcome> ask = run_on(pages_.home, pages_.control.end_request(name, req_id));
        const HelperOutcome outcome = co_await std::move(ask);
        answer = answer_of(request, name, req_id, outcome);
      }
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  JsonAnswer answer_of(const Request& request, const std::string& name, wire::RequestId id,
                       const HelperOutcome& outcome) const {
    if (!outcome.state) return unknown(name);
    if (!outcome.refusal.empty()) return JsonAnswer::error(404, outcome.refusal);
    pages_.messages.info("helper " + name + ": request " + std::to_string(id.value) + " ended by " +
                         request.principal.name + " from " + request.client_address);
    return {{{"kismet.helper.name", name}, {"kismet.helper.req_id", id.value}}, 200, {}};
  }

  const HelperPages pages_;
};

/// Replaces a helper's process by another one; answers when that has taken over, or could not.
class ReloadHelper final : public Handler {
 public:
  explicit ReloadHelper(const HelperPages& pages) : pages_(pages) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const JsonForm form = JsonForm::of(request, "cmd");
    JsonAnswer answer = JsonAnswer::error(form.status, form.reason);
    if (form.status == 200) {
      const std::string name = name_of(request);
      Task<HelperOutcome> ask = run_on(pages_.home, pages_.control.reload(name));
      const HelperOutcome outcome = co_await std::move(ask);
      answer = answer_of(name, outcome);
      pages_.messages.info("helper " + name + ": reload asked for by " + request.principal.name + " from " +
                           request.client_address + (answer.status == 200 ? "" : "; refused: " + answer.reason));
    }
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  static JsonAnswer answer_of(const std::string& name, const HelperOutcome& outcome) {
    if (!outcome.state) return unknown(name);
    if (!outcome.refusal.empty()) return JsonAnswer::error(outcome.tried ? 502 : 409, outcome.refusal);
    return {{{"kismet.helper.name", name}, {"kismet.helper.state", to_string(*outcome.state)}}, 200, {}};
  }

  const HelperPages pages_;
};

}  // namespace

std::optional<NamedFile> NamedFile::of(std::string_view segment) {
  const std::size_t dot = segment.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == segment.size()) return std::nullopt;
  return NamedFile{percent_decode(segment.substr(0, dot), Plus::itself), std::string(segment.substr(dot + 1))};
}

std::vector<Route> helper_control_routes(const HelperPages& pages) {
  std::vector<Route> routes;
  const auto add_page = [&routes](std::string_view pattern, const std::shared_ptr<Handler>& handler) {
    for (Route& route : get_and_post(pattern, kReadRole, handler)) routes.push_back(std::move(route));
  };
  add_page("/helpers/all.*", std::make_shared<AllHelpers>(pages));
  add_page("/helpers/:file", std::make_shared<OneHelper>(pages));
  add_page("/helpers/:name/log.*", std::make_shared<HelperLog>(pages));
  for (const HelperCommand command : {HelperCommand::start, HelperCommand::stop, HelperCommand::restart}) {
    const std::string pattern = "/helpers/:name/" + std::string(to_string(command)) + ".cmd";
    routes.push_back(
        {"POST", pattern, std::string(kCommandRole), {}, false, std::make_shared<CommandHelper>(pages, command)});
  }
  routes.push_back({"POST",
                    "/helpers/:name/reload.cmd",
                    std::string(kCommandRole),
                    {},
                    false,
                    std::make_shared<ReloadHelper>(pages)});
  routes.push_back({"POST",
                    "/helpers/:name/cancel.cmd",
                    std::string(kCommandRole),
                    {},
                    false,
                    std::make_shared<CancelRequest>(pages)});
  return routes;
}

}  // namespace kismet
