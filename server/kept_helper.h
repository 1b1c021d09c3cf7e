#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/deadlines.h"
#include "base/wakeup.h"
#include "external/helper_life.h"
#include "server/helper_control.h"
#include "server/helper_routes.h"
#include "server/helper_services.h"
#include "server/helper_watch.h"

namespace kismet {

/// How a life that is to take over is getting on, and whether it still is to.
/// Thread rule: the first loop; bell and members are rung and set by posts to it. Owned by the coroutine of the swap.
struct SwapProgress {
  explicit SwapProgress(Loop& first) : bell(first.get_executor()) {}

  Wakeup bell;  // Rings at each change of what follows, at each registration, and when time is up.
  bool ready = false;
  bool ended = false;
  bool given_up = false;  // By hand, or as the daemon stops.
  std::string text;       // What the life said of its end; or why it was given up.
};

/// One life of a helper with what belongs to it. All lives of one helper are on one loop.
/// Thread rule: made on the first loop, destroyed on the life's; see the members.
/// Owned by Helpers, and by whoever asks it something on its loop.
struct KeptLife {
  enum class Role : std::uint8_t { serving, next, leaving };

  KeptLife(HelperLifeId its_id, Role its_role, std::unique_ptr<DaemonServices> its_services,
           std::unique_ptr<HelperLife> life, std::function<void()> parked_too_long)
      : id(its_id),
        services(std::move(its_services)),
        helper(std::move(life)),
        keep_parked(helper->loop().deadlines(), std::move(parked_too_long)),
        role(its_role) {}

  const HelperLifeId id;
  const std::unique_ptr<DaemonServices> services;
  const std::unique_ptr<HelperLife> helper;
  Deadline keep_parked;                  // Its loop.
  std::weak_ptr<SwapProgress> progress;  // Set before its start, while it is next.
  std::atomic<Role> role;                // Changed on the first loop.
};
using KeptLifePtr = std::shared_ptr<KeptLife>;

/// A helper of the configuration: the life that serves, and what is remembered beside it.
/// Thread rule: the first loop, but for watch. Owned by Helpers.
struct KeptHelper {
  std::string name;
  std::string defined_at;  // Where its line stands now.
  KeptLifePtr life;
  std::shared_ptr<HelperWatch> watch;      // The helper's loop.
  std::shared_ptr<SwapProgress> progress;  // While its next life is to take over, or its old one is being ended.
  HelperSwapView swap;                     // As others see that, and how the last one went.
  bool held = false;                       // Stopped by hand.
  // Of the lives before this one.
  std::uint64_t starts = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t output_lines = 0;
  std::uint64_t failures = 0;
  HelperReportPtr last_report;
};

}  // namespace kismet
