#include "server/helper_plan.h"

#include <algorithm>

namespace kismet {

namespace {

bool is_up(HelperState state) {
  return state == HelperState::ready || state == HelperState::starting || state == HelperState::backing_off ||
         state == HelperState::stopping || state == HelperState::waiting || state == HelperState::gone;
}

}  // namespace

std::string_view to_string(HelperStep step) {
  switch (step) {
    case HelperStep::keep:
      return "keep";
    case HelperStep::start:
      return "start";
    case HelperStep::add:
      return "add";
    case HelperStep::swap:
      return "swap";
    case HelperStep::replace:
    case HelperStep::replace_idle:
      return "replace";
    case HelperStep::remove:
      return "remove";
  }
  return "unknown";
}

bool same_helper(const HelperDefinition& one, const HelperDefinition& other) {
  HelperDefinition moved = other;
  moved.defined_at = one.defined_at;
  if (one.program.starts_with('/')) moved.search_path = one.search_path;
  return moved == one;
}

HelperStep renew_step(const HelperNow& now, const HelperDefinition& wanted) {
  const bool by_hand = !now.definition.enabled && is_up(now.state);
  if (now.held || !(wanted.enabled || by_hand)) return HelperStep::replace_idle;
  // One that connects by itself cannot be there twice.
  const bool starts_here =
      now.definition.transport == HelperTransport::pipe && wanted.transport == HelperTransport::pipe;
  return now.state == HelperState::ready && starts_here ? HelperStep::swap : HelperStep::replace;
}

std::vector<HelperPlan> plan_helpers(const std::vector<HelperNow>& now, const std::vector<HelperDefinition>& wanted) {
  const auto named = [](const std::string& name) {
    return [&name](const auto& helper) {
      if constexpr (requires { helper.definition; }) {
        return helper.definition.name == name;
      } else {
        return helper.name == name;
      }
    };
  };
  std::vector<HelperPlan> plan;
  for (const HelperDefinition& definition : wanted) {
    const auto known = std::find_if(now.begin(), now.end(), named(definition.name));
    if (known == now.end()) {
      plan.push_back({definition.enabled ? HelperStep::start : HelperStep::add, definition});
    } else if (same_helper(known->definition, definition)) {
      plan.push_back({HelperStep::keep, definition});
    } else {
      plan.push_back({renew_step(*known, definition), definition});
    }
  }
  for (const HelperNow& helper : now) {
    if (std::none_of(wanted.begin(), wanted.end(), named(helper.definition.name))) {
      plan.push_back({HelperStep::remove, helper.definition});
    }
  }
  return plan;
}

}  // namespace kismet
