#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

struct Faulty : SessionTest {
  Faulty(wire::Generation generation, int fail_at, boost::system::error_code error)
      : SessionTest(Medium::memory, generation), fail_at_(fail_at) {
    wire->most_a_read = wire->most_a_write = 16;
    wire->fault = [this, error]() -> boost::system::error_code {
      if (++operations_ != fail_at_) return {};
      failed = true;
      return error;
    };
  }

  /// The life of a helper.
  void live() {
    start();
    helper.sends(wire::HttpRegisterUri{"/x", "GET"});
    helper.sends(wire::EventbusRegister{{"TICK"}});
    helper.sends(wire::HttpAuthRequest{});
    helper.sends(wire::Ping{});
    settle();
    exchange = ask();
    settle();
    answer("half", false);
    settle();
    bus.publish("TICK", "{}");
    settle();
    answer("whole", true);
    settle();
    session->shutdown("done");
    settle();
    helper.closes_output();
    settle();
  }

  void answer(std::string_view content, bool close) {
    if (!helper.heard<wire::HttpRequest>().empty()) {
      helper.sends(wire::HttpResponse{{0}, {}, content, std::nullopt, close});
    }
  }

  Exchange exchange;
  bool failed = false;

 private:
  int fail_at_;
  int operations_ = 0;
};

}  // namespace

TEST_CASE("whichever read or write fails, the session ends in order and says why") {
  const wire::Generation generation = GENERATE(wire::Generation::v0, wire::Generation::v2, wire::Generation::v3);
  const bool by_helper = GENERATE(true, false);
  const boost::system::error_code error = by_helper ? boost::system::error_code(net::error::connection_reset)
                                                    : make_error_code(boost::system::errc::io_error);
  int fail_at = 1;
  for (;; ++fail_at) {
    REQUIRE(fail_at < 1000);
    INFO("operation " << fail_at);
    Faulty test(generation, fail_at, error);
    test.live();
    test.pass(test.settings.linger);
    test.settle();
    REQUIRE(test.ended);
    CHECK(test.services.ended == 1);
    CHECK(test.bugs.empty());
    CHECK(test.session->open_exchanges() == 0);
    if (test.exchange) CHECK(test.exchange.answer().state != ExchangeState::open);
    if (!test.failed) {
      CHECK(test.ended->kind == SessionEnd::Kind::stopped);
      break;
    }
    if (test.ended->kind != SessionEnd::Kind::stopped) {  // It was not on its way out anyway.
      CHECK(test.ended->kind == SessionEnd::Kind::closed);
      CHECK_THAT(test.ended->detail, Catch::Contains(error.message()));
      CHECK(test.ended->not_its_doing == !by_helper);
    }
  }
  CHECK(fail_at > 30);
}
