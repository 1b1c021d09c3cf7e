#include "server/helpers.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "external/launch.h"
#include "external/remote_helper.h"
#include "external/supervisor.h"
#include "msgbus/message_bus.h"
#include "server/helper_routes.h"
#include "server/helper_watch.h"

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

Task<void> end_life(KeptLifePtr life) {
  life->helper->request_stop("the daemon stops");
  co_await life->helper->stopped();
}

// What is asked of a life holds it: it may be replaced meanwhile.

Task<void> add_viewer(KeptLifePtr life, std::shared_ptr<HelperWatch> watch, std::shared_ptr<WireViewer> viewer) {
  watch->add(*life->helper, std::move(viewer));
  co_return;
}

Task<void> remove_viewer(KeptLifePtr life, std::shared_ptr<HelperWatch> watch, std::shared_ptr<WireViewer> viewer) {
  watch->remove(*life->helper, viewer);
  co_return;
}

Task<HelperView> ask_view(KeptLifePtr life, std::shared_ptr<HelperWatch> watch, std::size_t requests) {
  co_return watch->view(*life->helper, requests);
}

Task<HelperOutput> ask_output(KeptLifePtr life) {
  co_return HelperWatch::output(*life->helper);
}

Task<bool> end_request_of(KeptLifePtr life, wire::RequestId id) {
  HelperSession* const session = life->helper->session();
  co_return session && session->end_request(id);
}

Task<HelperState> obey(KeptLifePtr life, HelperCommand command) {
  HelperLife& helper = *life->helper;
  switch (command) {
    case HelperCommand::start:
      helper.start();
      break;
    case HelperCommand::stop:
      helper.request_stop("stopped by hand");
      break;
    case HelperCommand::restart:
      helper.restart();
      break;
  }
  co_return helper.state();
}

}  // namespace

Helpers::Helpers(Loops& loops, std::vector<HelperDefinition> definitions, Parts parts)
    : loops_(loops),
      parts_(std::move(parts)),
      environment_(current_environment()),
      renewed_(loops.first().get_executor()),
      tasks_(loops.first().get_executor(),
             [this](const std::string& task, const std::string& what) { parts_.messages.error(task + ": " + what); }) {
  for (HelperDefinition& definition : definitions) add(std::move(definition), false);
}

Helpers::~Helpers() = default;

std::unique_ptr<HelperLife> Helpers::make_helper(HelperDefinition definition, Loop& loop, HelperServices& services) {
  if (definition.transport != HelperTransport::pipe) {
    const RemoteHelper::Parts its{services, parts_.messages, parts_.settings, parts_.remote};
    return std::make_unique<RemoteHelper>(loops_.first(), std::move(definition), its);
  }
  Supervisor::Parts its{.services = services,
                        .messages = parts_.messages,
                        .settings = parts_.settings,
                        .spawn = spawn_on(loops_.first()),
                        .guardian = parts_.guardian,
                        .environment = environment_,
                        .random = random_fraction};
  return std::make_unique<Supervisor>(loop, std::move(definition), std::move(its));
}

RemoteHelper* Helpers::remote(std::string_view subsystem) const {
  for (const KeptPtr& kept : all_) {
    auto* const helper = dynamic_cast<RemoteHelper*>(kept->life->helper.get());
    if (helper && helper->subsystem() == subsystem) return helper;
  }
  return nullptr;
}

KeptLifePtr Helpers::make_life(HelperDefinition definition, KeptLife::Role role, Loop& loop,
                               std::shared_ptr<HelperWatch> watch) {
  const HelperLifeId id{++last_life_};
  std::unique_ptr<DaemonServices> services = parts_.services(id);
  auto parked_too_long = [this, id, name = definition.name] { drop_routes(name, true, id); };
  std::unique_ptr<HelperLife> helper = make_helper(std::move(definition), loop, *services);
  auto life = std::make_shared<KeptLife>(id, role, std::move(services), std::move(helper), std::move(parked_too_long));
  life->helper->on_change([this, &kept = *life, watch = std::move(watch)](
                              const HelperLife&, const HelperChange& change) { changed(kept, *watch, change); });
  return life;
}

void Helpers::start() {
  for (const KeptPtr& kept : all_) {
    if (kept->life->helper->definition().enabled) begin(kept->life);
  }
}

Task<void> Helpers::stop() {
  stopping_ = true;
  for (const KeptPtr& kept : all_) {
    if (!kept->progress) continue;
    kept->progress->given_up = true;
    kept->progress->text = "the daemon stops";
    kept->progress->bell.notify();
  }
  while (renewing()) co_await renewed_.wait();
  TaskGroup ending(loops_.first().get_executor(), [this](const std::string& helper, const std::string& what) {
    parts_.messages.post(Severity::error, "kismet", "ending " + helper + ": " + what);
  });
  for (const KeptPtr& kept : all_) {
    Task<void> end = run_on(kept->life->helper->loop(), end_life(kept->life));
    ending.spawn(kept->name, std::move(end));
  }
  co_await ending.drained();
  co_await tasks_.drained();
}

bool Helpers::renewing() const {
  return std::any_of(all_.begin(), all_.end(), [](const KeptPtr& kept) { return kept->progress != nullptr; });
}

Helpers::KeptPtr Helpers::find(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [name](const KeptPtr& kept) { return kept->name == name; });
  return found == all_.end() ? nullptr : *found;
}

Task<std::vector<HelperView>> Helpers::views() {
  std::vector<HelperView> all;
  for (const KeptPtr& kept : std::vector(all_)) {
    Task<HelperView> ask = view_of(kept, 0);
    HelperView view = co_await std::move(ask);
    all.push_back(std::move(view));
  }
  co_return all;
}

Task<std::optional<HelperView>> Helpers::view(std::string name) {
  const KeptPtr kept = find(name);
  if (!kept) co_return std::nullopt;
  Task<HelperView> ask = view_of(kept, kOpenRequestsShown);
  co_return co_await std::move(ask);
}

Task<HelperView> Helpers::view_of(KeptPtr kept, std::size_t requests) const {
  Task<HelperView> ask = run_on(kept->life->helper->loop(), ask_view(kept->life, kept->watch, requests));
  HelperView view = co_await std::move(ask);
  view.definition.defined_at = kept->defined_at;
  view.snapshot.starts += kept->starts;
  view.snapshot.requests_total += kept->requests_total;
  view.snapshot.failures += kept->failures;
  if (!view.snapshot.last_report) view.snapshot.last_report = kept->last_report;
  view.swap = kept->swap;
  view.swap.draining =
      static_cast<std::size_t>(std::count_if(leaving_.begin(), leaving_.end(), [&kept](const KeptLifePtr& life) {
        return life->helper->name() == kept->name;
      }));
  co_return view;
}

Task<std::optional<HelperOutput>> Helpers::output(std::string name) {
  const KeptPtr kept = find(name);
  if (!kept) co_return std::nullopt;
  Task<HelperOutput> ask = run_on(kept->life->helper->loop(), ask_output(kept->life));
  HelperOutput output = co_await std::move(ask);
  output.last += kept->output_lines;
  co_return output;
}

Task<HelperOutcome> Helpers::command(std::string name, HelperCommand command) {
  HelperOutcome outcome;
  const KeptPtr kept = find(name);
  if (!kept) co_return outcome;
  outcome.state = HelperState::stopping;
  if (stopping_) {
    outcome.refusal = "the daemon is stopping";
  } else if (command != HelperCommand::stop && kept->swap.state == HelperSwapView::State::ending) {
    outcome.refusal = "it is being replaced";
  }
  if (!outcome.refusal.empty()) co_return outcome;
  kept->held = command == HelperCommand::stop;
  if (kept->held && kept->progress) {
    kept->progress->given_up = true;
    kept->progress->text = "it was stopped by hand";
    kept->progress->bell.notify();
  }
  Task<HelperState> ask = run_on(kept->life->helper->loop(), obey(kept->life, command));
  outcome.state = co_await std::move(ask);
  co_return outcome;
}

Task<HelperOutcome> Helpers::end_request(std::string name, wire::RequestId id) {
  HelperOutcome outcome;
  const KeptPtr kept = find(name);
  if (!kept) co_return outcome;
  Task<bool> ask = run_on(kept->life->helper->loop(), end_request_of(kept->life, id));
  const bool ended = co_await std::move(ask);
  outcome.state = HelperState::ready;
  if (!ended) outcome.refusal = "helper " + name + " has no open request " + std::to_string(id.value);
  co_return outcome;
}

Task<bool> Helpers::watch_wire(std::string name, std::shared_ptr<WireViewer> viewer) {
  const KeptPtr kept = find(name);
  if (!kept) co_return false;
  Task<void> add = run_on(kept->life->helper->loop(), add_viewer(kept->life, kept->watch, std::move(viewer)));
  co_await std::move(add);
  co_return true;
}

Task<void> Helpers::unwatch_wire(std::string name, std::shared_ptr<WireViewer> viewer) {
  const KeptPtr kept = find(name);
  if (!kept) co_return;
  Task<void> remove = run_on(kept->life->helper->loop(), remove_viewer(kept->life, kept->watch, std::move(viewer)));
  co_await std::move(remove);
}

void Helpers::changed(KeptLife& life, HelperWatch& watch, const HelperChange& change) {
  using Kind = HelperChange::Kind;
  const KeptLife::Role role = life.role;
  if (role == KeptLife::Role::serving) {
    if (change.kind == Kind::ready) life.keep_parked.set(parts_.keep_parked);
    if (change.kind == Kind::exited) life.keep_parked.clear();
    if (change.kind == Kind::stopped || change.kind == Kind::failed) drop_routes(life.helper->name(), false, life.id);
  } else if (role == KeptLife::Role::next && (change.kind == Kind::ready || change.kind == Kind::exited)) {
    net::post(loops_.first().get_executor(), [weak = life.progress, change] {
      const auto progress = weak.lock();
      if (!progress) return;
      (change.kind == Kind::ready ? progress->ready : progress->ended) = true;
      progress->text = "its next process " + change.text;
      progress->bell.notify();
    });
  }

  watch.changed(*life.helper, change);
  const HelperSnapshot now = life.helper->snapshot();
  nlohmann::json event{{"kismet.helper.name", life.helper->name()},
                       {"kismet.helper.state", to_string(now.state)},
                       {"kismet.helper.pid", now.pid},
                       {"kismet.helper.text", change.text}};
  if (change.kind == Kind::restarting) event["kismet.helper.delay_ms"] = change.delay.count();
  if (role != KeptLife::Role::serving) event["kismet.helper.swap"] = role == KeptLife::Role::next ? "next" : "leaving";
  parts_.events.publish(event_of(change.kind), event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Helpers::drop_routes_of_ended(KeptLife& life) {
  const HelperState state = life.helper->state();
  if (state == HelperState::stopped || state == HelperState::failed) drop_routes(life.helper->name(), false, life.id);
}

void Helpers::drop_routes(const std::string& name, bool only_parked, std::optional<HelperLifeId> life) {
  const auto removed = only_parked ? parts_.routes.remove_parked(name, life) : parts_.routes.remove(name, life);
  for (const HelperRoutes::Entry& entry : removed) tell_uri("URI_REMOVED", entry);
}

void Helpers::tell_uri(std::string_view topic, const HelperRoutes::Entry& entry) {
  const nlohmann::json event{
      {"kismet.helper.name", entry.owner}, {"kismet.helper.uri", entry.uri}, {"kismet.helper.method", entry.method}};
  parts_.events.publish(topic, event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace kismet
