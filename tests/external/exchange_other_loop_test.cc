#include <catch2/catch.hpp>

#include "base/spill_space.h"
#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

/// A client on another loop than the session's; both run when the test says so.
struct OtherLoop : MemorySession {
  OtherLoop() { settings.answer_limit = 100; }

  Exchange ask_there() {
    return session->handle()->open({"/x", "GET", {}, {}, {}, {}}, there, [this] { ++changes; });
  }
  void run_there() {
    there.context().restart();
    there.context().poll();
  }
  /// An exchange that the helper knows of.
  Exchange asked() {
    start_speaking();
    Exchange exchange = ask_there();
    settle();
    REQUIRE(helper.heard<wire::HttpRequest>().size() == 1);
    return exchange;
  }
  void answers(std::string_view content, bool close = false) {
    helper.sends(wire::HttpResponse{{0}, {}, content, std::nullopt, close});
  }

  Loop there{clock, 1};
};

}  // namespace

TEST_CASE_METHOD(OtherLoop, "news for another loop arrive there together, and not before it runs") {
  Exchange exchange = asked();
  helper.sends(wire::HttpResponse{{0}, {{"A", "1"}}, "one ", 404, false});
  helper.sends(wire::HttpResponse{{0}, {{"B", "2"}}, "two", 500, true});
  settle();
  CHECK(changes == 0);
  CHECK(exchange.answer().state == ExchangeState::open);
  run_there();
  CHECK(changes == 1);
  HelperAnswer& answer = exchange.answer();
  CHECK(answer.state == ExchangeState::complete);
  CHECK(answer.result_code == 404U);
  CHECK(answer.headers == std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "2"}});
  CHECK(answer.body.size() == 7);
}

TEST_CASE_METHOD(OtherLoop, "a request whose client leaves before it is sent is not sent") {
  start_speaking();
  ask_there().release();
  settle();
  CHECK(helper.heard_all().empty());
  CHECK(session->counters().requests == 0);
  CHECK(session->counters().cancels == 0);
}

TEST_CASE_METHOD(OtherLoop, "a client that leaves hears of nothing that is on its way") {
  Exchange exchange = asked();
  answers("x");
  settle();
  exchange.release();
  run_there();
  CHECK(changes == 0);
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().size() == 1);
}

TEST_CASE_METHOD(OtherLoop, "a refusal reaches its client on its loop") {
  settings.open_exchanges = 0;
  start_speaking();
  Exchange exchange = ask_there();
  CHECK(exchange.answer().state == ExchangeState::open);
  settle();
  run_there();
  CHECK(exchange.answer().state == ExchangeState::refused);
  CHECK(exchange.answer().refusal == ExchangeRefusal::busy);
  CHECK(changes == 1);
}

TEST_CASE_METHOD(OtherLoop, "what is on its way counts against the limit of an answer") {
  Exchange exchange = asked();
  answers(std::string(60, 'x'));
  settle();
  answers(std::string(60, 'x'));
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().size() == 1);
  run_there();
  CHECK(exchange.answer().state == ExchangeState::over_limit);
  CHECK(exchange.answer().body.fault() == SpillingBuffer::Fault::own_limit);
  CHECK(exchange.answer().body.size() == 60);
}

TEST_CASE_METHOD(OtherLoop, "an answer that ends on its way is told and counted by the limit that it met") {
  BufferLimits limits;
  limits.memory = 64 * 1024;
  BufferBudget budget(limits);
  SpillSpace space(budget, [] { return make_error_code(boost::system::errc::permission_denied); });
  services.spill = &space;
  const bool own = GENERATE(true, false);
  settings.answer_limit = own ? 1000 : 1'000'000;
  Exchange exchange = asked();
  for (int i = 0; i < 20; ++i) answers(std::string(5000, 'x'));
  settle();
  run_there();
  CHECK(exchange.answer().state == ExchangeState::over_limit);
  CHECK(exchange.answer().body.fault() == (own ? SpillingBuffer::Fault::own_limit : SpillingBuffer::Fault::memory));
  CHECK(budget.counters().over_own_limit == (own ? 1 : 0));
  CHECK(budget.counters().over_memory == (own ? 0 : 1));
  exchange.release();
}

TEST_CASE_METHOD(OtherLoop, "what the client has not taken counts against it as well") {
  Exchange exchange = asked();
  for (int i = 0; i < 2; ++i) {
    answers(std::string(60, 'x'));
    settle();
    run_there();
  }
  CHECK(exchange.answer().state == ExchangeState::over_limit);
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().size() == 1);
}

TEST_CASE_METHOD(OtherLoop, "what has arrived and was taken does not") {
  Exchange exchange = asked();
  for (int i = 0; i < 10; ++i) {
    answers(std::string(60, 'x'));
    settle();
    run_there();
    exchange.answer().body.front().consume(exchange.answer().body.front().size());
  }
  CHECK(exchange.answer().state == ExchangeState::open);
  CHECK(exchange.answer().body_total == 600);
}

TEST_CASE_METHOD(OtherLoop, "a helper's last words arrive before the news that it is gone") {
  Exchange exchange = asked();
  answers("last words");
  helper.closes_output();
  settle();
  CHECK(ended);
  run_there();
  CHECK(exchange.answer().state == ExchangeState::helper_gone);
  CHECK(exchange.answer().body.size() == 10);
  CHECK(changes == 2);
}
