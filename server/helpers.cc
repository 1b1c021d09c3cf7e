#include "server/helpers.h"

#include <boost/asio/dispatch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "external/launch.h"
#include "server/helper_routes.h"

namespace kismet {

namespace {

std::string_view event_of(HelperChange::Kind kind) {
  switch (kind) {
    case HelperChange::Kind::started:
      return "HELPER_STARTED";
    case HelperChange::Kind::ready:
      return "HELPER_READY";
    case HelperChange::Kind::exited:
      return "HELPER_EXITED";
    case HelperChange::Kind::restarting:
      return "HELPER_RESTARTING";
    case HelperChange::Kind::stopping:
      return "HELPER_STOPPING";
    case HelperChange::Kind::stopped:
      return "HELPER_STOPPED";
    case HelperChange::Kind::failed:
      return "HELPER_FAILED";
  }
  return "HELPER_CHANGED";
}

double random_fraction() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

Task<void> end_supervisor(Supervisor& supervisor) {
  supervisor.request_stop("the daemon stops");
  co_await supervisor.stopped();
}

Task<HelperView> view_of(const Supervisor& supervisor) {
  co_return HelperView{supervisor.definition(), supervisor.snapshot()};
}

Task<std::vector<std::string>> output_of(const Supervisor& supervisor) {
  const std::deque<std::string>& lines = supervisor.output();
  co_return std::vector<std::string>(lines.begin(), lines.end());
}

Task<HelperState> obey(Supervisor& supervisor, HelperCommand command) {
  switch (command) {
    case HelperCommand::start:
      supervisor.start();
      break;
    case HelperCommand::stop:
      supervisor.request_stop("stopped by hand");
      break;
    case HelperCommand::restart:
      supervisor.restart();
      break;
  }
  co_return supervisor.state();
}

}  // namespace

/// A supervisor, and the time limit that belongs to it on its loop.
struct Helpers::Kept {
  Kept(Loop& loop, HelperDefinition definition, Supervisor::Parts parts, std::function<void()> parked_too_long)
      : supervisor(loop, std::move(definition), std::move(parts)),
        keep_parked(loop.deadlines(), std::move(parked_too_long)) {}

  Supervisor supervisor;
  Deadline keep_parked;
};

Helpers::Helpers(Loops& loops, std::vector<HelperDefinition> definitions, Parts parts)
    : loops_(loops), parts_(std::move(parts)) {
  const std::vector<std::string> environment = current_environment();
  for (HelperDefinition& definition : definitions) {
    Supervisor::Parts its{.services = parts_.services,
                          .messages = parts_.messages,
                          .settings = parts_.settings,
                          .spawn = spawn_on(loops_.first()),
                          .guardian = parts_.guardian,
                          .environment = environment,
                          .random = random_fraction};
    auto parked_too_long = [this, name = definition.name] { drop_routes(name, true); };
    all_.push_back(
        std::make_unique<Kept>(loops_.next(), std::move(definition), std::move(its), std::move(parked_too_long)));
    Kept& kept = *all_.back();
    kept.supervisor.on_change([this, &kept](const Supervisor&, const HelperChange& change) { changed(kept, change); });
  }
}

Helpers::~Helpers() = default;

void Helpers::start() {
  for (const auto& kept : all_) {
    if (!kept->supervisor.definition().enabled) continue;
    net::dispatch(kept->supervisor.loop().get_executor(), [&supervisor = kept->supervisor] { supervisor.start(); });
  }
}

Task<void> Helpers::stop() {
  stopping_ = true;
  TaskGroup ending(loops_.first().get_executor(), [this](const std::string& helper, const std::string& what) {
    parts_.messages.post(Severity::error, "kismet", "ending " + helper + ": " + what);
  });
  for (const auto& kept : all_) {
    Task<void> end = run_on(kept->supervisor.loop(), end_supervisor(kept->supervisor));
    ending.spawn(kept->supervisor.name(), std::move(end));
  }
  co_await ending.drained();
}

Supervisor* Helpers::find(std::string_view name) const {
  for (const auto& kept : all_) {
    if (kept->supervisor.name() == name) return &kept->supervisor;
  }
  return nullptr;
}

Task<std::vector<HelperView>> Helpers::views() {
  std::vector<HelperView> all;
  for (const auto& kept : all_) {
    Task<HelperView> ask = run_on(kept->supervisor.loop(), view_of(kept->supervisor));
    HelperView view = co_await std::move(ask);
    all.push_back(std::move(view));
  }
  co_return all;
}

Task<std::optional<HelperView>> Helpers::view(std::string name) {
  const Supervisor* supervisor = find(name);
  if (!supervisor) co_return std::nullopt;
  Task<HelperView> ask = run_on(supervisor->loop(), view_of(*supervisor));
  co_return co_await std::move(ask);
}

Task<std::optional<std::vector<std::string>>> Helpers::output(std::string name) {
  const Supervisor* supervisor = find(name);
  if (!supervisor) co_return std::nullopt;
  Task<std::vector<std::string>> ask = run_on(supervisor->loop(), output_of(*supervisor));
  co_return co_await std::move(ask);
}

Task<HelperOutcome> Helpers::command(std::string name, HelperCommand command) {
  HelperOutcome outcome;
  Supervisor* supervisor = find(name);
  if (!supervisor) co_return outcome;
  if (stopping_) {
    outcome.state = HelperState::stopping;
    outcome.refusal = "the daemon is stopping";
    co_return outcome;
  }
  Task<HelperState> ask = run_on(supervisor->loop(), obey(*supervisor, command));
  outcome.state = co_await std::move(ask);
  co_return outcome;
}

void Helpers::changed(Kept& kept, const HelperChange& change) {
  const std::string& name = kept.supervisor.name();
  if (change.kind == HelperChange::Kind::ready) kept.keep_parked.set(parts_.keep_parked);
  if (change.kind == HelperChange::Kind::exited) kept.keep_parked.clear();
  if (change.kind == HelperChange::Kind::stopped || change.kind == HelperChange::Kind::failed) drop_routes(name, false);

  const HelperSnapshot now = kept.supervisor.snapshot();
  nlohmann::json event{{"kismet.helper.name", name},
                       {"kismet.helper.state", to_string(now.state)},
                       {"kismet.helper.pid", now.pid},
                       {"kismet.helper.text", change.text}};
  if (change.kind == HelperChange::Kind::restarting) event["kismet.helper.delay_ms"] = change.delay.count();
  parts_.events.publish(event_of(change.kind), event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Helpers::drop_routes(const std::string& name, bool only_parked) {
  const auto removed = only_parked ? parts_.routes.remove_parked(name) : parts_.routes.remove(name);
  for (const HelperRoutes::Entry& entry : removed) {
    const nlohmann::json event{
        {"kismet.helper.name", name}, {"kismet.helper.uri", entry.uri}, {"kismet.helper.method", entry.method}};
    parts_.events.publish("URI_REMOVED", event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

}  // namespace kismet
