#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "server/helper_control.h"

namespace kismet::testing {

/// Helpers that exist only as values. Commands are noted, and set the state that they are meant to lead to.
class FakeHelperControl final : public HelperControl {
 public:
  HelperView& add(const std::string& name, HelperState state = HelperState::ready) {
    HelperView helper;
    helper.definition.name = helper.snapshot.name = name;
    helper.snapshot.state = state;
    helpers.push_back(std::move(helper));
    return helpers.back();
  }

  Task<std::vector<HelperView>> views() override { co_return helpers; }
  Task<std::optional<HelperView>> view(std::string name) override {
    const HelperView* found = find(name);
    if (!found) co_return std::nullopt;
    co_return *found;
  }
  Task<std::optional<std::vector<std::string>>> output(std::string name) override {
    if (!find(name)) co_return std::nullopt;
    co_return lines[name];
  }
  Task<HelperOutcome> command(std::string name, HelperCommand command) override {
    HelperOutcome outcome;
    HelperView* found = find(name);
    if (!found) co_return outcome;
    outcome.refusal = refusal;
    if (refusal.empty()) {
      found->snapshot.state = command == HelperCommand::stop ? HelperState::stopping : HelperState::starting;
      commands.emplace_back(name, command);
    }
    outcome.state = found->snapshot.state;
    co_return outcome;
  }

  std::vector<HelperView> helpers;
  std::map<std::string, std::vector<std::string>> lines;
  std::vector<std::pair<std::string, HelperCommand>> commands;
  std::string refusal;

 private:
  HelperView* find(const std::string& name) {
    const auto found = std::find_if(helpers.begin(), helpers.end(),
                                    [&name](const HelperView& helper) { return helper.snapshot.name == name; });
    return found == helpers.end() ? nullptr : &*found;
  }
};

}  // namespace kismet::testing
