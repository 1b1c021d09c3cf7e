#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/run_on.h"
#include "eventbus/event_bus.h"
#include "msgbus/message_bus.h"
#include "server/helper_plan.h"
#include "server/helpers.h"
#include "server/kept_helper.h"

// How helpers get new lives while the daemon runs. All of it is on the first loop; what is asked of a life runs on its
// own.

namespace kismet {

namespace {

constexpr std::chrono::milliseconds kDrainLook{20};
constexpr std::size_t kNamedUris = 3;

Task<void> stay_down(HelperLife& helper) {
  helper.request_stop("stopped by hand");
  co_return;
}

Task<void> end_life(HelperLife& helper, std::string reason) {
  helper.request_stop(reason);
  co_await helper.stopped();
}

Task<HelperSnapshot> snapshot_of(const HelperLife& helper) {
  co_return helper.snapshot();
}

/// A life dies on its loop, where its time limits are.
Task<void> destroy(KeptLifePtr life) {
  life.reset();
  co_return;
}

std::string named(const std::vector<HelperRoutes::Entry>& uris) {
  std::string text;
  for (std::size_t i = 0; i < std::min(uris.size(), kNamedUris); ++i) {
    text += (i == 0 ? "" : ", ") + uris[i].method + " " + uris[i].uri;
  }
  if (uris.size() > kNamedUris) text += " and " + std::to_string(uris.size() - kNamedUris) + " more";
  return text;
}

}  // namespace

/// Gives the helper its next life. Returns an empty string, or why it kept the old one.
Task<std::string> Helpers::renew(std::shared_ptr<KeptHelper> kept, HelperDefinition definition, HelperStep step) {
  KeptLifePtr old = kept->life;
  const std::string defined_at = definition.defined_at;
  const auto progress = std::make_shared<SwapProgress>(loops_.first());
  kept->progress = progress;
  kept->swap.state = step == HelperStep::swap ? HelperSwapView::State::starting : HelperSwapView::State::ending;
  kept->swap.since = loops_.first().clock().wall_now();
  const auto role = step == HelperStep::swap ? KeptLife::Role::next : KeptLife::Role::serving;
  const bool was_ours = old->helper->definition().transport == HelperTransport::pipe;
  if ((definition.transport == HelperTransport::pipe) != was_ours) {
    kept->watch = std::make_shared<HelperWatch>();  // It goes to another loop.
  }
  const KeptLifePtr next = make_life(std::move(definition), role, old->helper->loop(), kept->watch);
  next->progress = progress;
  std::string trouble;
  if (step == HelperStep::swap) {
    Task<std::string> work = swap(*kept, *progress, next);
    trouble = co_await std::move(work);
  } else {
    Task<void> work = replace(*kept, next, step == HelperStep::replace);
    co_await std::move(work);
  }
  if (trouble.empty()) {
    kept->defined_at = defined_at;
    Task<void> work = remember(*kept, old);
    co_await std::move(work);
  }
  kept->progress.reset();
  kept->swap.state = HelperSwapView::State::none;
  kept->swap.last_time = loops_.first().clock().wall_now();
  kept->swap.last_trouble = trouble;
  ++(trouble.empty() ? kept->swap.done : kept->swap.failed);
  if (step != HelperStep::swap) {  // The old life has ended.
    Loop& loop = old->helper->loop();
    Task<void> end = run_on(loop, destroy(std::move(old)));
    co_await std::move(end);
  } else if (trouble.empty()) {
    retire(std::move(old), "replaced");
  } else {
    retire(next, "it does not take over");
  }
  tell_swap(*kept, step, trouble);
  renewed_.notify();
  co_return trouble;
}

/// Starts the next life beside the old one, and moves the routes once it has them all.
Task<std::string> Helpers::swap(KeptHelper& kept, SwapProgress& progress, const KeptLifePtr& next) {
  auto registered = [&first = loops_.first(), weak = next->progress] {
    net::post(first.get_executor(), [weak] {
      if (const auto still = weak.lock()) still->bell.notify();
    });
  };
  parts_.routes.begin_swap(kept.name, next->id, std::move(registered));
  begin(next);
  bool time_is_up = false;
  Deadline limit(loops_.first().deadlines(), [&time_is_up, &progress] {
    time_is_up = true;
    progress.bell.notify();
  });
  limit.set(parts_.swap.timeout);
  std::string trouble;
  for (;;) {
    if (progress.given_up || progress.ended) {
      trouble = progress.text;
      break;
    }
    if (progress.ready) {
      if (const auto fresh = parts_.routes.finish_swap(kept.name)) {
        kept.life->role = KeptLife::Role::leaving;
        next->role = KeptLife::Role::serving;
        kept.life = next;
        for (const HelperRoutes::Entry& entry : *fresh) tell_uri("URI_REGISTERED", entry);
        // If it has ended just now, it was heard as the next one.
        net::post(next->helper->loop().get_executor(), [this, next] { drop_routes_of_ended(*next); });
        co_return std::string();
      }
    }
    if (time_is_up) {
      trouble = progress.ready ? "its next process does not register " + named(parts_.routes.lacking(kept.name))
                               : "its next process does not speak";
      break;
    }
    co_await progress.bell.wait();
  }
  parts_.routes.cancel_swap(kept.name);
  next->role = KeptLife::Role::leaving;
  co_return trouble;
}

/// Ends the old life, then begins the next one; its URIs are kept for it meanwhile.
Task<void> Helpers::replace(KeptHelper& kept, const KeptLifePtr& next, bool started) {
  const KeptLifePtr old = kept.life;
  old->role = KeptLife::Role::leaving;
  parts_.routes.serve(kept.name, next->id);
  if (!started) {
    drop_routes(kept.name, false);
    Task<void> idle = drained(old);
    co_await std::move(idle);
  }
  Task<void> end = run_on(old->helper->loop(), end_life(*old->helper, "replaced"));
  co_await std::move(end);
  kept.life = next;
  if (stopping_ || kept.held || !started) {
    Task<void> down = run_on(next->helper->loop(), stay_down(*next->helper));
    co_await std::move(down);
  } else {
    begin(next);
  }
}

/// What the old life counted is the helper's, whichever life it had.
Task<void> Helpers::remember(KeptHelper& kept, const KeptLifePtr& old) {
  Task<HelperSnapshot> ask = run_on(old->helper->loop(), snapshot_of(*old->helper));
  const HelperSnapshot was = co_await std::move(ask);
  kept.starts += was.starts;
  kept.requests_total += was.requests_total;
  kept.output_lines += was.output_lines;
  kept.failures += was.failures;
  if (was.last_report) kept.last_report = was.last_report;
}

void Helpers::retire(KeptLifePtr life, std::string reason) {
  life->role = KeptLife::Role::leaving;
  leaving_.push_back(life);
  const std::string name = life->helper->name();
  tasks_.spawn("the end of helper " + name, leave(std::move(life), std::move(reason)));
}

Task<void> Helpers::leave(KeptLifePtr life, std::string reason) {
  Task<void> idle = drained(life);
  co_await std::move(idle);
  Task<void> end = run_on(life->helper->loop(), end_life(*life->helper, std::move(reason)));
  co_await std::move(end);
  std::erase(leaving_, life);
  const std::string name = life->helper->name();
  if (!find(name)) parts_.routes.forget(name);
  Loop& loop = life->helper->loop();
  Task<void> over = run_on(loop, destroy(std::move(life)));
  co_await std::move(over);
}

/// Returns once nobody asks it any more, or after the limit.
Task<void> Helpers::drained(KeptLifePtr life) {
  Wakeup bell(loops_.first().get_executor());
  Deadline look(loops_.first().deadlines(), [&bell] { bell.notify(); });
  const SteadyTime until = loops_.first().clock().now() + parts_.swap.drain;
  while (!stopping_ && life->services->asked() && loops_.first().clock().now() < until) {
    look.set(kDrainLook);
    co_await bell.wait();
  }
}

void Helpers::tell_swap(const KeptHelper& kept, HelperStep step, const std::string& trouble) {
  std::string text = step == HelperStep::swap ? "its next process has taken over" : "replaced";
  if (!trouble.empty()) text = "not replaced: " + trouble + "; the old one goes on";
  parts_.messages.post(trouble.empty() ? Severity::info : Severity::error, "kismet",
                       "helper " + kept.name + ": " + text);
  const nlohmann::json event{{"kismet.helper.name", kept.name}, {"kismet.helper.text", text}};
  parts_.events.publish(trouble.empty() ? "HELPER_SWAPPED" : "HELPER_SWAP_FAILED",
                        event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace kismet
