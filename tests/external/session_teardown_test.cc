#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

Task<void> run_and_own(std::unique_ptr<HelperSession> session) {
  co_await session->run();
}

Task<void> run_only(HelperSession& session) {
  co_await session.run();
}

/// A session on a loop that ends before it.
struct LoopEnds {
  LoopEnds() {
    definition.name = "demo";
    std::string ping;
    wire::codec_v0().encode(wire::Ping{}, {1}, 1000, ping);
    pipes.helper_end->write(ping);
  }
  ~LoopEnds() { CHECK(exchange.answer().state == ExchangeState::helper_stopped); }

  std::unique_ptr<HelperSession> make() {
    return std::make_unique<HelperSession>(*loop, std::move(pipes.transport), services, definition, settings);
  }
  void poll() {
    loop->context().restart();
    loop->context().poll();
  }
  void open(HelperSession& session) {
    poll();
    CHECK(session.counters().frames_in == 1);
    exchange = session.handle()->open({"/x", "GET", {}, {}, {}, {}}, *loop, [] {});
    CHECK(exchange.answer().state == ExchangeState::open);
  }

  ManualClock clock;
  EventBus bus{clock};
  std::optional<Loop> loop{std::in_place, clock};
  FakeServices services{bus, loop->get_executor()};
  HelperDefinition definition;
  SessionSettings settings;
  Connection pipes = connect(Medium::pipes, loop->get_executor());
  Exchange exchange;
  std::optional<TaskGroup> tasks{std::in_place, loop->get_executor(), nullptr};
};

}  // namespace

TEST_CASE_METHOD(LoopEnds, "a session that its task owns ends with its loop") {
  auto session = make();
  HelperSession& running = *session;
  tasks->spawn("session", run_and_own(std::move(session)));
  open(running);
  const bool written = GENERATE(true, false);
  if (written) poll();
  tasks.reset();
  loop.reset();
}

TEST_CASE_METHOD(LoopEnds, "a session that is destroyed while it runs takes nothing with it") {
  auto session = make();
  tasks->spawn("session", run_only(*session));
  open(*session);
  session.reset();
  SECTION("and its task goes on for a turn") {
    poll();
  }
  SECTION("and its task ends with the loop") {}
  tasks.reset();
  loop.reset();
}
