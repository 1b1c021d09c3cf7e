#include "server/helper_plan.h"

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

HelperDefinition definition(const std::string& name, bool enabled = true) {
  HelperDefinition helper;
  helper.name = name;
  helper.program = "/usr/bin/" + name;
  helper.enabled = enabled;
  helper.defined_at = "kismet.conf:1";
  return helper;
}

}  // namespace

TEST_CASE("a helper is the same wherever its line stands now, and however others are looked up") {
  const HelperDefinition one = definition("one");
  HelperDefinition other = one;
  other.defined_at = "kismet.conf:9";
  other.search_path = {"/elsewhere"};
  CHECK(same_helper(one, other));
  other.program = "/usr/bin/two";
  CHECK_FALSE(same_helper(one, other));
}

TEST_CASE("a helper that is looked up is another when the folders are others") {
  HelperDefinition one = definition("one");
  one.program = "one";
  HelperDefinition other = one;
  other.search_path = {"/elsewhere"};
  CHECK_FALSE(same_helper(one, other));
}

TEST_CASE("what a changed definition means depends on what the helper does now") {
  struct Row {
    HelperState state;
    bool was_enabled, held, is_enabled;
    HelperStep step;
  };
  using S = HelperState;
  using T = HelperStep;
  const Row table[] = {
      {S::ready, true, false, true, T::swap},
      {S::starting, true, false, true, T::replace},
      {S::backing_off, true, false, true, T::replace},
      {S::failed, true, false, true, T::replace},
      {S::stopped, true, false, true, T::replace},
      {S::stopping, true, false, true, T::replace},
      {S::configured, true, false, true, T::replace},
      // Stopped by hand, it stays down.
      {S::stopped, true, true, true, T::replace_idle},
      {S::stopping, true, true, true, T::replace_idle},
      // Disabled now, it ends.
      {S::ready, true, false, false, T::replace_idle},
      {S::failed, true, false, false, T::replace_idle},
      // Enabled now, it starts.
      {S::disabled, false, false, true, T::replace},
      // Disabled before and after: what was started by hand goes on.
      {S::disabled, false, false, false, T::replace_idle},
      {S::failed, false, false, false, T::replace_idle},
      {S::ready, false, false, false, T::swap},
      {S::backing_off, false, false, false, T::replace},
  };
  for (const Row& row : table) {
    INFO(to_string(row.state) << " enabled " << row.was_enabled << " held " << row.held << " -> enabled "
                              << row.is_enabled);
    const HelperNow now{definition("one", row.was_enabled), row.state, row.held};
    CHECK(renew_step(now, definition("one", row.is_enabled)) == row.step);
  }
}

TEST_CASE("a helper that connects by itself is replaced, not swapped") {
  HelperDefinition remote = definition("one");
  remote.transport = HelperTransport::tcp;
  CHECK(renew_step({definition("one"), HelperState::ready}, remote) == HelperStep::replace);
  CHECK(renew_step({remote, HelperState::ready}, definition("one")) == HelperStep::replace);
  CHECK(renew_step({remote, HelperState::waiting}, remote) == HelperStep::replace);
}

TEST_CASE("a plan has one step a helper, those that go last") {
  HelperDefinition changed = definition("changed");
  changed.args = {"--more"};
  const std::vector<HelperNow> now{{definition("gone"), HelperState::ready},
                                   {definition("changed"), HelperState::ready},
                                   {definition("kept"), HelperState::failed}};
  const std::vector<HelperDefinition> wanted{definition("new"), definition("kept"), changed,
                                             definition("later", false)};
  const std::vector<HelperPlan> plan = plan_helpers(now, wanted);
  REQUIRE(plan.size() == 5);
  const auto is = [&plan](std::size_t i, HelperStep step, const std::string& name) {
    return plan[i].step == step && plan[i].definition.name == name;
  };
  CHECK(is(0, HelperStep::start, "new"));
  CHECK(is(1, HelperStep::keep, "kept"));
  CHECK(is(2, HelperStep::swap, "changed"));
  CHECK(plan[2].definition.args == std::vector<std::string>{"--more"});
  CHECK(is(3, HelperStep::add, "later"));
  CHECK(is(4, HelperStep::remove, "gone"));
}
