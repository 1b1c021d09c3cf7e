#include "server/ctl.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <ostream>
#include <thread>
#include <vector>

#include "server/ctl_client.h"
#include "server/ctl_json.h"
#include "server/ctl_lines.h"
#include "server/ctl_show.h"
#include "server/ctl_top.h"
#include "server/wire_json.h"

namespace kismet {

namespace {

using Json = nlohmann::json;
using Verb = CtlRequest::Verb;

constexpr std::chrono::milliseconds kPoll{500};

/// One use of `kismet ctl`.
class Ctl {
 public:
  Ctl(const CtlRequest& request, const std::string& socket, bool terminal, std::ostream& out, std::ostream& err)
      : request_(request),
        client_(socket),
        terminal_(terminal),
        colours_(terminal && !std::getenv("NO_COLOR")),
        out_(out),
        err_(err) {}

  CtlExit run();

 private:
  using Show = std::function<std::string(const Json&, bool)>;

  CtlExit fail(CtlExit code, const std::string& why) {
    err_ << "kismet ctl: " << why << '\n';
    return code;
  }
  CtlExit fail(const CtlAnswer& answer) { return fail(CtlExit::refused, answer.reason()); }
  /// Prints an answer, as JSON or as `show` makes it. False: the reader has gone.
  bool print(const std::string& text) { return static_cast<bool>(out_ << text << std::flush); }
  CtlExit show(const std::string& target, const Show& make);
  CtlExit status();
  CtlExit command(const std::string& verb, const std::string& json);
  CtlExit reload();
  CtlExit log();
  CtlExit messages();
  CtlExit events();
  CtlExit wire();
  std::string helper_path() const { return "/helpers/" + percent_encode(request_.helper); }

  const CtlRequest& request_;
  const CtlClient client_;
  const bool terminal_;
  const bool colours_;
  std::ostream& out_;
  std::ostream& err_;
};

CtlExit Ctl::run() {
  if (const std::string fault = client_.check(); !fault.empty()) return fail(CtlExit::no_daemon, fault);
  switch (request_.verb) {
    case Verb::status:
      return status();
    case Verb::helpers:
      return show("/helpers/all.json", show_helpers);
    case Verb::helper:
      return show(helper_path() + ".json", show_helper);
    case Verb::start:
      return command("start", "{}");
    case Verb::stop:
      return command("stop", "{}");
    case Verb::restart:
      return command("restart", "{}");
    case Verb::cancel:
      return command("cancel", Json{{"req_id", request_.req_id}}.dump());
    case Verb::reload:
      return reload();
    case Verb::log:
      return log();
    case Verb::messages:
      return messages();
    case Verb::routes:
      return show("/system/routes.json", show_routes);
    case Verb::events:
      return events();
    case Verb::wire:
      return wire();
    case Verb::top:
      return run_top(client_, {terminal_ && !request_.json, colours_}, out_, err_);
  }
  return CtlExit::usage;
}

CtlExit Ctl::show(const std::string& target, const Show& make) {
  const CtlAnswer answer = client_.get(target);
  if (!answer.good()) return fail(answer);
  print(request_.json ? answer.body + '\n' : make(Json::parse(answer.body, nullptr, false), colours_));
  return CtlExit::ok;
}

CtlExit Ctl::status() {
  const CtlAnswer status = client_.get("/system/status.json");
  if (!status.good()) return fail(status);
  if (request_.json) {
    print(status.body + '\n');
    return CtlExit::ok;
  }
  const CtlAnswer helpers = client_.get("/helpers/all.json");
  if (!helpers.good()) return fail(helpers);
  print(show_status(Json::parse(status.body, nullptr, false), Json::parse(helpers.body, nullptr, false), colours_));
  return CtlExit::ok;
}

CtlExit Ctl::command(const std::string& verb, const std::string& json) {
  const CtlAnswer answer = client_.post(helper_path() + "/" + verb + ".cmd", json);
  if (!answer.good()) return fail(answer);
  if (request_.json) {
    print(answer.body + '\n');
    return CtlExit::ok;
  }
  const Json result = Json::parse(answer.body, nullptr, false);
  const std::string state = text_at(result, "kismet.helper.state");
  print(request_.helper + (verb == "cancel" ? ": request " + std::to_string(request_.req_id) + " is ended\n"
                           : state.empty()  ? ": done\n"
                                            : ": " + state + "\n"));
  return CtlExit::ok;
}

CtlExit Ctl::reload() {
  if (!request_.helper.empty()) return command("reload", "{}");
  const CtlAnswer answer = client_.post("/helpers/reload.cmd");
  if (answer.status == 0) return fail(answer);
  const Json result = Json::parse(answer.body, nullptr, false);
  if (!result.is_object()) return fail(answer);
  print(request_.json ? answer.body + '\n' : show_reload(result, colours_));
  return answer.good() ? CtlExit::ok : CtlExit::refused;
}

CtlExit Ctl::log() {
  const std::string target = helper_path() + "/log.json";
  for (std::string since;;) {
    const CtlAnswer answer = client_.get(since.empty() ? target : target + "?since=" + since);
    if (!answer.good()) return fail(answer);
    if (request_.json && !request_.follow) {
      print(answer.body + '\n');
      return CtlExit::ok;
    }
    const Json page = Json::parse(answer.body, nullptr, false);
    for (const Json& line : json_at(page, "kismet.helper.log")) {
      const std::string text = line.is_string() ? line.get<std::string>() : std::string();
      if (!print(request_.json ? line.dump() + '\n' : text + '\n')) return CtlExit::ok;
    }
    if (!request_.follow) return CtlExit::ok;
    since = json_at(page, "kismet.helper.log_seq").dump();
    std::this_thread::sleep_for(kPoll);
  }
}

CtlExit Ctl::messages() {
  const auto print_all = [this](const Json& list) {
    for (const Json& message : list) {
      if (!print(request_.json ? message.dump() + '\n' : show_message(message, colours_))) return false;
    }
    return true;
  };
  std::string since = "0";
  do {
    const CtlAnswer answer = client_.get("/messagebus/last-time/" + since + "/messages.json");
    if (!answer.good()) return fail(answer);
    if (request_.json && !request_.follow) {
      print(answer.body + '\n');
      return CtlExit::ok;
    }
    const Json page = Json::parse(answer.body, nullptr, false);
    if (!print_all(json_at(page, "kismet.messagebus.list"))) return CtlExit::ok;
    if (!request_.follow) return CtlExit::ok;
    since = json_at(page, "kismet.messagebus.timestamp").dump();
    std::this_thread::sleep_for(kPoll);
  } while (true);
}

CtlExit Ctl::events() {
  const CtlAnswer answer =
      client_.stream("/eventbus/events.sse?topic=" + percent_encode(request_.topics), [this](std::string_view line) {
        if (!line.starts_with("data:")) return true;
        line.remove_prefix(5);
        if (line.starts_with(' ')) line.remove_prefix(1);
        return print(std::string(line) + '\n');
      });
  if (!out_) return CtlExit::ok;
  return answer.status == 200 ? fail(CtlExit::refused, "the daemon has ended the connection") : fail(answer);
}

CtlExit Ctl::wire() {
  std::ofstream record;
  if (!request_.record.empty()) {
    record.open(request_.record, std::ios::trunc);
    if (record) record << wire_record_head(request_.helper, std::chrono::system_clock::now()) << std::endl;
    if (!record) return fail(CtlExit::usage, "cannot write " + request_.record);
  }
  const auto take = [&](std::string_view message) {
    if (record.is_open() && !(record << message << std::endl)) {
      err_ << "kismet ctl: cannot write " << request_.record << '\n';
      return false;
    }
    if (request_.json) return print(std::string(message) + '\n');
    return print(show_frame(Json::parse(message, nullptr, false), colours_));
  };
  std::string target = helper_path() + "/wire.ws?commands=" + percent_encode(request_.commands);
  target += "&direction=" + request_.direction;
  const CtlAnswer answer = client_.websocket(target, take);
  if (!out_) return CtlExit::ok;
  return answer.good() ? CtlExit::refused : fail(answer);
}

}  // namespace

int ctl_command(const CtlRequest& request, const std::string& socket, bool terminal, std::ostream& out,
                std::ostream& err) {
  const std::string& path = request.socket.empty() ? socket : request.socket;
  if (path.empty()) {
    err << "kismet ctl: control_socket=none: this daemon has no control socket\n";
    return static_cast<int>(CtlExit::no_daemon);
  }
  return static_cast<int>(Ctl(request, path, terminal, out, err).run());
}

}  // namespace kismet
