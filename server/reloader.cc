#include "server/reloader.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "httpd/response_writer.h"
#include "msgbus/message_bus.h"
#include "server/plugins.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

struct Fresh {
  Config config;
  ConfigReport report;
};

std::string names_of(const std::vector<SettingChange>& changes, SettingReach reach) {
  std::string names;
  for (const SettingChange& change : changes) {
    if (change.reach == reach) names += (names.empty() ? "" : ", ") + change.key;
  }
  return names;
}

/// "2 helpers changed, 1 could not be"; what kept each has been said.
std::string summary_of(const std::vector<HelperDone>& helpers) {
  std::size_t changed = 0;
  std::size_t failed = 0;
  for (const HelperDone& helper : helpers) {
    if (helper.step != HelperStep::keep) ++(helper.done ? changed : failed);
  }
  std::string text = std::to_string(changed) + (changed == 1 ? " helper" : " helpers") + " changed";
  if (failed > 0) text += ", " + std::to_string(failed) + " could not be";
  return text;
}

class ReloadCommand final : public Handler {
 public:
  ReloadCommand(Loop& home, Reloader& reloader) : home_(home), reloader_(reloader) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    Task<ReloadResult> ask =
        run_on(home_, reloader_.reload(request.principal.name + " from " + request.client_address));
    const ReloadResult result = co_await std::move(ask);
    const ResponseHead head{result.status, "application/json", {{"Cache-Control", "no-cache"}}};
    const std::string body = reload_json(result).dump(-1, ' ', false, Json::error_handler_t::replace);
    co_await out.send(head, body);
  }

 private:
  Loop& home_;
  Reloader& reloader_;
};

/// A flag that is up for a while; `lowered` rings when that is over.
class Raised {
 public:
  Raised(bool& flag, Wakeup& lowered) : flag_(flag), lowered_(lowered) { flag_ = true; }
  ~Raised() {
    flag_ = false;
    lowered_.notify();
  }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool& flag_;
  Wakeup& lowered_;
};

}  // namespace

Json reload_json(const ReloadResult& result) {
  Json problems = Json::array();
  for (const ConfigProblem& problem : result.problems) {
    problems.push_back({{"level", to_string(problem.level)},
                        {"file", problem.place.file},
                        {"line", problem.place.line},
                        {"text", problem.text}});
  }
  Json settings = Json::array();
  for (const SettingChange& change : result.settings) {
    settings.push_back({{"key", change.key}, {"counts", to_string(change.reach)}});
  }
  Json helpers = Json::array();
  for (const HelperDone& helper : result.helpers) {
    helpers.push_back(
        {{"name", helper.name}, {"step", to_string(helper.step)}, {"done", helper.done}, {"text", helper.text}});
  }
  return {{"kismet.reload.done", result.status == 200},
          {"kismet.reload.reason", result.reason},
          {"kismet.reload.problems", std::move(problems)},
          {"kismet.reload.settings", std::move(settings)},
          {"kismet.reload.helpers", std::move(helpers)}};
}

Reloader::Reloader(const Config& config, Parts parts)
    : parts_(std::move(parts)), in_force_(config), idle_(parts_.first.get_executor()) {}

Task<ReloadResult> Reloader::reload(std::string who) {
  ReloadResult result;
  if (stopping_) {
    result.status = 503;
    result.reason = "the daemon is stopping";
  } else if (busy_) {
    result.status = 409;
    result.reason = "another reload is under way";
  }
  if (result.status != 200) co_return result;
  const Raised busy(busy_, idle_);
  parts_.messages.info("reading configuration, logins, keys and certificate again, asked for by " + who);
  Task<void> identity = parts_.reload_identity();
  co_await std::move(identity);
  Task<ReloadResult> work = read_and_apply();
  result = co_await std::move(work);
  tell(result);
  co_return result;
}

Task<void> Reloader::reload_by_signal() {
  again_ = true;
  if (heard_) co_return;  // Who heard the one before does it.
  const Raised heard(heard_, idle_);
  while (again_ && !stopping_) {
    while (busy_) co_await idle_.wait();
    again_ = false;
    Task<ReloadResult> work = reload("SIGHUP");
    co_await std::move(work);
  }
}

Task<ReloadResult> Reloader::read_and_apply() {
  ReloadResult result;
  auto read = [sources = in_force_.sources] {
    Fresh fresh;
    fresh.report = load_config(sources, fresh.config);
    return fresh;
  };
  auto work = parts_.worker.run(parts_.first.get_executor(), std::move(read));
  std::optional<Fresh> fresh = co_await std::move(work);
  if (!fresh || stopping_) {
    result.status = 503;
    result.reason = "the daemon is stopping, or has too much to do";
    co_return result;
  }
  const bool bad = fresh->report.has_errors();
  result.problems = std::move(fresh->report.problems);
  if (bad) {
    result.status = 400;
    result.reason = "the configuration has errors; nothing was changed";
    co_return result;
  }
  // What is made up at the start where it is not set.
  if (fresh->config.system.server_uuid.empty()) fresh->config.system.server_uuid = in_force_.system.server_uuid;
  result.settings = changed_settings(in_force_, fresh->config);
  HelpersConfig& helpers = fresh->config.helpers;
  in_force_.helpers.settings = helpers.settings;
  in_force_.helpers.binary_path = helpers.binary_path;
  if (parts_.plugins) parts_.plugins->set(helpers.plugins);
  Task<std::vector<HelperDone>> apply = parts_.helpers.apply(std::move(helpers.definitions), helpers.settings);
  result.helpers = co_await std::move(apply);
  co_return result;
}

void Reloader::tell(const ReloadResult& result) {
  for (const ConfigProblem& problem : result.problems) {
    if (problem.level == ConfigProblem::Level::note) continue;
    parts_.messages.post(problem.level == ConfigProblem::Level::error ? Severity::error : Severity::info, "kismet",
                         kismet::to_string(problem));
  }
  if (!result.reason.empty()) parts_.messages.error("not reloaded: " + result.reason);
  const std::string restart = names_of(result.settings, SettingReach::restart);
  if (!restart.empty()) parts_.messages.error("these settings count when the daemon starts again: " + restart);
  const std::string next = names_of(result.settings, SettingReach::next_start);
  if (!next.empty()) parts_.messages.info("these settings count for helpers that start from now on: " + next);
  if (result.status == 200) parts_.messages.info("the configuration is read again: " + summary_of(result.helpers));
  parts_.events.publish("CONFIG_RELOADED", reload_json(result).dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::vector<Route> reload_routes(Loop& home, Reloader& reloader) {
  return {{"POST", "/helpers/reload.cmd", "admin", {}, false, std::make_shared<ReloadCommand>(home, reloader)}};
}

}  // namespace kismet
