#include "external/restart_policy.h"

#include <catch2/catch.hpp>

using namespace kismet;
using namespace std::chrono_literals;
using S = HelperState;
using E = HelperEvent;
using A = HelperAction;

namespace {

const SteadyTime kStart{1h};

RestartSettings settings() {
  RestartSettings s;
  s.jitter = 0;
  return s;
}

/// A policy brought into `state` by events, as a supervisor would.
RestartPolicy in_state(HelperState state, RestartMode mode) {
  RestartPolicy policy(mode, state != S::disabled, settings());
  const auto feed = [&](std::initializer_list<HelperEvent> events) {
    for (const HelperEvent event : events) policy.on(event, kStart, 0.5);
  };
  switch (state) {
    case S::configured:
    case S::disabled:
    case S::waiting:  // These two are of helpers that connect by themselves, which have no policy.
    case S::gone:
      break;
    case S::starting:
      feed({E::start});
      break;
    case S::ready:
      feed({E::start, E::spoke});
      break;
    case S::backing_off:
      feed({E::start, E::spawn_failed});
      break;
    case S::stopping:
      feed({E::start, E::spoke, E::stop});
      break;
    case S::stopped:
      feed({E::start, E::exited_stay_down});
      break;
    case S::failed:
      feed({E::start, E::not_found});
      break;
  }
  REQUIRE(policy.state() == state);
  return policy;
}

struct Row {
  HelperState from;
  HelperEvent event;
  HelperState to;
  HelperAction action;
};

void check(RestartMode mode, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    INFO(to_string(row.from) << " + " << to_string(row.event));
    RestartPolicy policy = in_state(row.from, mode);
    const auto decision = policy.on(row.event, kStart + 1s, 0.5);
    CHECK(to_string(decision.state) == to_string(row.to));
    CHECK(decision.action == row.action);
    CHECK(policy.state() == decision.state);
  }
}

}  // namespace

TEST_CASE("restart on failure: the whole table") {
  check(RestartMode::on_failure, {
                                     {S::configured, E::start, S::starting, A::spawn},
                                     {S::configured, E::restart, S::starting, A::spawn},
                                     {S::configured, E::stop, S::stopped, A::none},
                                     {S::configured, E::spoke, S::configured, A::none},
                                     {S::configured, E::exited_clean, S::configured, A::none},
                                     {S::configured, E::delay_over, S::configured, A::none},
                                     {S::disabled, E::start, S::starting, A::spawn},
                                     {S::disabled, E::restart, S::starting, A::spawn},
                                     {S::disabled, E::stop, S::disabled, A::none},
                                     {S::disabled, E::delay_over, S::disabled, A::none},

                                     {S::starting, E::start, S::starting, A::none},
                                     {S::starting, E::stop, S::stopping, A::end},
                                     {S::starting, E::restart, S::stopping, A::end},
                                     {S::starting, E::spoke, S::ready, A::none},
                                     {S::starting, E::not_found, S::failed, A::none},
                                     {S::starting, E::spawn_failed, S::backing_off, A::wait},
                                     {S::starting, E::exited_clean, S::stopped, A::none},
                                     {S::starting, E::exited_failed, S::backing_off, A::wait},
                                     {S::starting, E::exited_stay_down, S::stopped, A::none},
                                     {S::starting, E::delay_over, S::starting, A::none},

                                     {S::ready, E::start, S::ready, A::none},
                                     {S::ready, E::stop, S::stopping, A::end},
                                     {S::ready, E::restart, S::stopping, A::end},
                                     {S::ready, E::spoke, S::ready, A::none},
                                     {S::ready, E::exited_clean, S::stopped, A::none},
                                     {S::ready, E::exited_failed, S::backing_off, A::wait},
                                     {S::ready, E::exited_stay_down, S::stopped, A::none},
                                     {S::ready, E::delay_over, S::ready, A::none},

                                     {S::backing_off, E::start, S::starting, A::spawn},
                                     {S::backing_off, E::restart, S::starting, A::spawn},
                                     {S::backing_off, E::stop, S::stopped, A::none},
                                     {S::backing_off, E::delay_over, S::starting, A::spawn},
                                     {S::backing_off, E::exited_failed, S::backing_off, A::none},

                                     {S::stopping, E::start, S::stopping, A::none},
                                     {S::stopping, E::stop, S::stopping, A::none},
                                     {S::stopping, E::restart, S::stopping, A::none},
                                     {S::stopping, E::spoke, S::stopping, A::none},
                                     {S::stopping, E::exited_clean, S::stopped, A::none},
                                     {S::stopping, E::exited_failed, S::stopped, A::none},
                                     {S::stopping, E::exited_stay_down, S::stopped, A::none},
                                     {S::stopping, E::spawn_failed, S::stopped, A::none},
                                     {S::stopping, E::not_found, S::stopped, A::none},

                                     {S::stopped, E::start, S::starting, A::spawn},
                                     {S::stopped, E::restart, S::starting, A::spawn},
                                     {S::stopped, E::stop, S::stopped, A::none},
                                     {S::stopped, E::delay_over, S::stopped, A::none},
                                     {S::failed, E::start, S::starting, A::spawn},
                                     {S::failed, E::restart, S::starting, A::spawn},
                                     {S::failed, E::stop, S::failed, A::none},
                                     {S::failed, E::delay_over, S::failed, A::none},
                                 });
}

TEST_CASE("never restart: an end is final, and says whether it was a failure") {
  check(RestartMode::never, {
                                {S::ready, E::exited_clean, S::stopped, A::none},
                                {S::ready, E::exited_failed, S::failed, A::none},
                                {S::ready, E::exited_stay_down, S::stopped, A::none},
                                {S::starting, E::spawn_failed, S::failed, A::none},
                                {S::starting, E::not_found, S::failed, A::none},
                                {S::ready, E::restart, S::stopping, A::end},
                            });
}

TEST_CASE("always restart: only the agreed exit code and a stop keep it down") {
  check(RestartMode::always, {
                                 {S::ready, E::exited_clean, S::backing_off, A::wait},
                                 {S::ready, E::exited_failed, S::backing_off, A::wait},
                                 {S::ready, E::exited_stay_down, S::stopped, A::none},
                                 {S::stopping, E::exited_clean, S::stopped, A::none},
                             });
}

TEST_CASE("what is asked while a helper stops decides what follows, the last word counting") {
  RestartPolicy policy = in_state(S::ready, RestartMode::never);
  CHECK(policy.on(E::restart, kStart, 0).action == A::end);
  CHECK(policy.on(E::exited_failed, kStart, 0).action == A::spawn);
  CHECK(policy.state() == S::starting);
  policy.on(E::stop, kStart, 0);
  policy.on(E::start, kStart, 0);
  CHECK(policy.on(E::exited_clean, kStart, 0).action == A::spawn);
  policy.on(E::restart, kStart, 0);
  policy.on(E::stop, kStart, 0);
  CHECK(policy.on(E::exited_clean, kStart, 0).state == S::stopped);
}

TEST_CASE("delays double up to the longest, and start anew after a healthy run or by hand") {
  RestartSettings s = settings();
  s.first_delay = 100ms;
  s.longest_delay = 500ms;
  s.burst_limit = 0;
  RestartPolicy policy(RestartMode::always, true, s);
  SteadyTime now = kStart;
  policy.on(E::start, now, 0.5);
  for (const auto expected : {100ms, 200ms, 400ms, 500ms, 500ms}) {
    CHECK(policy.on(E::exited_failed, now, 0.5).delay == expected);
    policy.on(E::delay_over, now, 0.5);
  }
  CHECK(policy.attempts() == 5);
  policy.on(E::spoke, now, 0.5);
  now += s.healthy_period;
  CHECK(policy.on(E::exited_failed, now, 0.5).delay == 100ms);
  policy.on(E::delay_over, now, 0.5);
  CHECK(policy.on(E::exited_failed, now, 0.5).delay == 200ms);
  policy.on(E::start, now, 0.5);
  CHECK(policy.on(E::exited_failed, now, 0.5).delay == 100ms);
}

TEST_CASE("a delay varies by its jitter, as the random number says") {
  RestartSettings s = settings();
  s.first_delay = 1000ms;
  s.jitter = 0.2;
  for (const auto& [random, expected] : {std::pair{0.0, 800ms}, std::pair{0.5, 1000ms}, std::pair{0.75, 1100ms}}) {
    RestartPolicy policy(RestartMode::always, true, s);
    policy.on(E::start, kStart, random);
    CHECK(policy.on(E::exited_failed, kStart, random).delay == expected);
  }
}

TEST_CASE("too many restarts within the period are given up, slow ones are not") {
  RestartSettings s = settings();
  s.burst_limit = 3;
  s.burst_period = 60s;
  for (const auto& [interval, gives_up] : {std::pair{1s, true}, std::pair{20s, false}}) {
    RestartPolicy policy(RestartMode::always, true, s);
    SteadyTime now = kStart;
    policy.on(E::start, now, 0.5);
    RestartPolicy::Decision decision{};
    for (int i = 0; i < 4; ++i) {
      now += interval;
      decision = policy.on(E::exited_failed, now, 0.5);
      policy.on(E::delay_over, now, 0.5);
    }
    CHECK(decision.gave_up == gives_up);
    CHECK((decision.state == S::failed) == gives_up);
  }
}

TEST_CASE("a program that vanishes after it has run is tried again, one that never was there is not") {
  RestartPolicy policy = in_state(S::ready, RestartMode::on_failure);
  policy.on(E::exited_failed, kStart, 0.5);
  policy.on(E::delay_over, kStart, 0.5);
  CHECK(policy.on(E::not_found, kStart, 0.5).state == S::backing_off);
}
