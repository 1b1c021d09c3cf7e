#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <utility>

#include "base/run_on.h"
#include "msgbus/message_bus.h"
#include "server/helper_plan.h"
#include "server/helpers.h"
#include "server/kept_helper.h"

// What a configuration that is read again makes of the helpers. All of it is on the first loop.

namespace kismet {

namespace {

Task<HelperState> state_of(KeptLifePtr life) {
  co_return life->helper->state();
}

}  // namespace

Task<std::vector<HelperDone>> Helpers::apply(std::vector<HelperDefinition> wanted, SupervisorSettings settings) {
  parts_.settings = std::move(settings);
  std::vector<HelperNow> now;
  for (const auto& kept : std::vector(all_)) {
    Task<HelperNow> ask = now_of(kept);
    HelperNow is = co_await std::move(ask);
    now.push_back(std::move(is));
  }
  std::vector<HelperDone> done;
  for (const HelperPlan& plan : plan_helpers(now, wanted)) done.push_back({plan.definition.name, plan.step});
  {
    TaskGroup steps(loops_.first().get_executor(), [this](const std::string& helper, const std::string& what) {
      parts_.messages.error("reloading " + helper + ": " + what);
    });
    std::size_t next = 0;
    for (HelperPlan& plan : plan_helpers(now, wanted)) {
      const std::string name = plan.definition.name;
      steps.spawn(name, carry_out(std::move(plan), done[next++]));
    }
    co_await steps.drained();
  }
  const auto place = [&wanted](const std::string& name) {
    return std::find_if(wanted.begin(), wanted.end(), [&name](const auto& one) { return one.name == name; });
  };
  std::stable_sort(all_.begin(), all_.end(),
                   [&place](const auto& one, const auto& other) { return place(one->name) < place(other->name); });
  co_return done;
}

Task<HelperNow> Helpers::now_of(std::shared_ptr<KeptHelper> kept) {
  const KeptLifePtr life = kept->life;
  Task<HelperState> ask = run_on(life->helper->loop(), state_of(life));
  const HelperState state = co_await std::move(ask);
  co_return HelperNow{life->helper->definition(), state, kept->held};
}

Task<void> Helpers::carry_out(HelperPlan plan, HelperDone& done) {
  const std::shared_ptr<KeptHelper> kept = find(plan.definition.name);
  std::string trouble;
  if (stopping_) {
    trouble = "the daemon is stopping";
  } else if (plan.step == HelperStep::keep) {
    kept->defined_at = plan.definition.defined_at;
  } else if (kept && kept->progress) {
    trouble = "it is being replaced already";
  } else if (plan.step == HelperStep::start || plan.step == HelperStep::add) {
    add(std::move(plan.definition), plan.step == HelperStep::start);
  } else if (plan.step == HelperStep::remove) {
    remove(kept);
  } else {
    Task<std::string> renewal = renew(kept, std::move(plan.definition), plan.step);
    trouble = co_await std::move(renewal);
  }
  done.done = trouble.empty();
  done.text = std::move(trouble);
}

Task<HelperOutcome> Helpers::reload(std::string name) {
  HelperOutcome outcome;
  const std::shared_ptr<KeptHelper> kept = find(name);
  if (!kept) co_return outcome;
  Task<HelperNow> ask = now_of(kept);
  const HelperNow now = co_await std::move(ask);
  outcome.state = now.state;
  if (stopping_) {
    outcome.refusal = "the daemon is stopping";
  } else if (kept->progress) {
    outcome.refusal = "it is being replaced already";
  } else if (now.held) {
    outcome.refusal = "it was stopped by hand, and stays down until it is started by hand";
  } else {
    HelperDefinition same = now.definition;
    HelperStep step = renew_step(now, same);
    if (step == HelperStep::replace_idle) step = HelperStep::replace;  // Disabled: but now it is asked for by hand.
    Task<std::string> renewal = renew(kept, std::move(same), step);
    outcome.refusal = co_await std::move(renewal);
    outcome.tried = true;
    Task<HelperNow> ask_again = now_of(kept);
    const HelperNow then = co_await std::move(ask_again);
    outcome.state = then.state;
  }
  co_return outcome;
}

void Helpers::add(HelperDefinition definition, bool started) {
  auto kept = std::make_shared<KeptHelper>();
  kept->name = definition.name;
  kept->defined_at = definition.defined_at;
  kept->watch = std::make_shared<HelperWatch>();
  kept->life = make_life(std::move(definition), KeptLife::Role::serving, loops_.next(), kept->watch);
  parts_.routes.serve(kept->name, kept->life->id);
  all_.push_back(kept);
  if (started) begin(kept->life);
}

void Helpers::begin(const KeptLifePtr& life) {
  net::dispatch(life->helper->loop().get_executor(), [life] { life->helper->start(); });
}

void Helpers::remove(const std::shared_ptr<KeptHelper>& kept) {
  std::erase(all_, kept);
  retire(kept->life, "removed from the configuration");
  parts_.routes.serve(kept->name, {});
  drop_routes(kept->name, false);
}

}  // namespace kismet
