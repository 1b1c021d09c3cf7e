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
  Task<std::optional<HelperOutput>> output(std::string name) override {
    if (!find(name)) co_return std::nullopt;
    const std::vector<std::string>& its = lines[name];
    co_return HelperOutput{its, forgotten + its.size()};
  }
  Task<HelperOutcome> end_request(std::string name, wire::RequestId id) override {
    HelperOutcome outcome;
    HelperView* found = find(name);
    if (!found) co_return outcome;
    outcome.state = found->snapshot.state;
    const auto is_it = [id](const OpenRequest& request) { return request.id == id; };
    if (std::erase_if(found->open_requests, is_it) == 0) outcome.refusal = "no open request";
    co_return outcome;
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
  Task<HelperOutcome> reload(std::string name) override {
    HelperOutcome outcome;
    const HelperView* found = find(name);
    if (!found) co_return outcome;
    outcome.state = found->snapshot.state;
    outcome.refusal = refusal;
    outcome.tried = tried;
    reloads.push_back(std::move(name));
    co_return outcome;
  }

  Task<bool> watch_wire(std::string name, std::shared_ptr<WireViewer> viewer) override {
    if (!find(name)) co_return false;
    viewers.push_back(std::move(viewer));
    co_return true;
  }
  Task<void> unwatch_wire(std::string, std::shared_ptr<WireViewer> viewer) override {
    std::erase(viewers, viewer);
    co_return;
  }

  std::vector<HelperView> helpers;
  std::vector<std::shared_ptr<WireViewer>> viewers;
  std::map<std::string, std::vector<std::string>> lines;
  std::uint64_t forgotten = 0;  // Lines before those.
  std::vector<std::pair<std::string, HelperCommand>> commands;
  std::string refusal;
  bool tried = true;  // reload(): a refusal is what went wrong.
  std::vector<std::string> reloads;

 private:
  HelperView* find(const std::string& name) {
    const auto found = std::find_if(helpers.begin(), helpers.end(),
                                    [&name](const HelperView& helper) { return helper.snapshot.name == name; });
    return found == helpers.end() ? nullptr : &*found;
  }
};

}  // namespace kismet::testing
