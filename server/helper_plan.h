#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "external/helper_definition.h"
#include "external/restart_policy.h"

namespace kismet {

/// What a configuration that is read again means for one helper.
enum class HelperStep : std::uint8_t {
  keep,          // Nothing of it changed.
  start,         // It is new.
  add,           // It is new, and not to be started by itself.
  swap,          // Its next life begins before the old one ends, and takes its URIs over.
  replace,       // It serves nothing now: its old life ends, then its next one begins.
  replace_idle,  // Its old life ends; the next one stays down, as it is disabled, or was stopped by hand.
  remove,        // It is not configured any more.
};

std::string_view to_string(HelperStep step);

/// A helper as it is when the configuration is read again.
struct HelperNow {
  HelperDefinition definition;
  HelperState state = HelperState::configured;
  bool held = false;  // Stopped by hand: it stays down until it is started by hand.
};

struct HelperPlan {
  HelperStep step = HelperStep::keep;
  HelperDefinition definition;  // As wanted; of one to be removed, as it was.
};

/// Whether a helper can go on as it is: all but the place of its definition is the same, and the folders in which its
/// program is looked up are, unless it is an absolute path.
bool same_helper(const HelperDefinition& one, const HelperDefinition& other);

/// What to do with a helper whose definition becomes `wanted`, whether it is the same or not.
HelperStep renew_step(const HelperNow& now, const HelperDefinition& wanted);

/// One step a helper: those that are wanted in their order, then those that are to be removed. Names are unique.
std::vector<HelperPlan> plan_helpers(const std::vector<HelperNow>& now, const std::vector<HelperDefinition>& wanted);

}  // namespace kismet
