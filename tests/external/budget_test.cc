#include <catch2/catch.hpp>
#include <vector>

#include "base/loop.h"
#include "external/helper_budgets.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

/// The budgets of a helper, and what they have said.
struct Budgets {
  Budgets() {
    settings.open_exchanges = 10;
    settings.bytes_a_second = 1000;
    settings.messages_a_second = 5;
    settings.events_a_second = 0;
    settings.budget_warning = 0.8;
    settings.budget_patience = 3s;
  }
  HelperBudgets& budgets() {
    if (!made) {
      made = std::make_unique<HelperBudgets>(
          loop.deadlines(), settings, counters, [this] { return requests; },
          [this](const BudgetNotice& notice) { told.push_back(notice); });
    }
    return *made;
  }
  void second() {
    clock.advance(1s);
    loop.deadlines().sweep();
  }
  BudgetStep last() const { return told.empty() ? BudgetStep::none : told.back().step; }

  ManualClock clock;
  Loop loop{clock};
  SessionSettings settings;
  SessionCounters counters;
  HelperBudgets::Requests requests;
  std::vector<BudgetNotice> told;
  std::unique_ptr<HelperBudgets> made;
};

std::uint64_t of(const std::array<std::uint64_t, kBudgetKinds>& counts, BudgetKind kind) {
  return counts[static_cast<std::size_t>(kind)];
}

}  // namespace

TEST_CASE("a budget warns, throttles, and then asks for a restart") {
  struct Row {
    std::size_t used;
    BudgetStep step;
  };
  const Row table[] = {{0, BudgetStep::none},      {79, BudgetStep::none},      {80, BudgetStep::warn},
                       {100, BudgetStep::warn},    {101, BudgetStep::throttle}, {500, BudgetStep::throttle},
                       {100, BudgetStep::warn},    {101, BudgetStep::throttle}, {101, BudgetStep::throttle},
                       {101, BudgetStep::restart}, {101, BudgetStep::restart},  {0, BudgetStep::none}};
  Budget budget(100, 0.8, 3s);
  for (const Row& row : table) {
    INFO("used " << row.used);
    CHECK(budget.use(row.used) == (row.used <= 100));
    CHECK(budget.over() == (row.used > 100));
    CHECK(budget.second_over() == row.step);
    CHECK(budget.last_used() == row.used);
    CHECK_FALSE(budget.over());
  }
}

TEST_CASE("a budget without patience throttles for ever, and one without limit never") {
  Budget patient(10, 0.8, 0ms);
  Budget any(0, 0.8, 1s);
  for (int i = 0; i < 100; ++i) {
    patient.use(11);
    CHECK(patient.second_over() == BudgetStep::throttle);
    CHECK(any.use(1'000'000));
    CHECK(any.second_over() == BudgetStep::none);
  }
}

TEST_CASE_METHOD(Budgets, "bytes over the budget hold the reading until the second is over") {
  CHECK(budgets().read(1000));
  CHECK_FALSE(budgets().holds_reading());
  CHECK_FALSE(budgets().read(1));
  CHECK(budgets().holds_reading());
  second();
  CHECK_FALSE(budgets().holds_reading());
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == BudgetKind::bytes);
  CHECK(told[0].step == BudgetStep::throttle);
  CHECK(told[0].used == 1001);
  CHECK(told[0].limit == 1000);
  CHECK(of(counters.budget_throttles, BudgetKind::bytes) == 1);
}

TEST_CASE_METHOD(Budgets, "a step is told once a minute, and counted each second") {
  settings.budget_patience = 0ms;
  for (int i = 0; i < 59; ++i) {
    budgets().read(2000);
    second();
  }
  CHECK(told.size() == 1);
  CHECK(of(counters.budget_throttles, BudgetKind::bytes) == 59);
  for (int i = 0; i < 3; ++i) {
    budgets().read(2000);
    second();
  }
  CHECK(told.size() == 2);
}

TEST_CASE_METHOD(Budgets, "a helper that is over its budget without pause is to be ended, one that pauses is not") {
  for (int i = 0; i < 10; ++i) {
    budgets().read(2000);
    second();
    budgets().read(2000);
    second();
    budgets().read(10);
    second();
  }
  CHECK(last() == BudgetStep::throttle);
  for (int i = 0; i < 3; ++i) {
    budgets().read(2000);
    second();
  }
  CHECK(last() == BudgetStep::restart);
}

TEST_CASE_METHOD(Budgets, "a silent second is a pause") {
  for (int i = 0; i < 5; ++i) {
    budgets().read(2000);
    second();
    second();
  }
  CHECK(last() == BudgetStep::throttle);
}

TEST_CASE_METHOD(Budgets, "open requests near the limit are warned of, and refused ones are over it") {
  requests.open = 8;
  budgets().read(1);
  second();
  CHECK(last() == BudgetStep::warn);
  requests.open = 10;
  requests.refused = 4;
  second();
  CHECK(last() == BudgetStep::throttle);
  CHECK(told.back().kind == BudgetKind::requests);
  second();
  CHECK(of(counters.budget_throttles, BudgetKind::requests) == 1);
}

TEST_CASE_METHOD(Budgets, "each budget has its own measure") {
  for (int i = 0; i < 6; ++i) CHECK(budgets().message() == (i < 5));
  for (int i = 0; i < 100; ++i) CHECK(budgets().event());
  second();
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == BudgetKind::messages);
}

TEST_CASE("the ring keeps the last frames, oldest first") {
  FrameRing ring;
  CHECK(ring.last().empty());
  for (std::uint32_t i = 1; i <= 40; ++i) ring.add({FrameNote::Direction::in, 0, i, 100, {}});
  const std::vector<FrameNote> last = ring.last();
  REQUIRE(last.size() == FrameRing::kKept);
  CHECK(last.front().seqno == 9);
  CHECK(last.back().seqno == 40);
  CHECK(last.back().name() == wire::command_name_at(0));
}
