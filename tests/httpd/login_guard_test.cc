#include "httpd/login_guard.h"

#include <catch2/catch.hpp>

#include "httpd/login_memory.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

struct Guarded {
  Guarded() {
    settings.hash_burst = 1e9;
    settings.watched_addresses = 100;
  }
  std::chrono::seconds fail(std::string_view address) { return guard().begin(address).wait; }
  LoginGuard& guard() {
    if (!guard_) guard_ = std::make_unique<LoginGuard>(clock, settings);
    return *guard_;
  }
  ManualClock clock;
  IdentitySettings settings;
  std::unique_ptr<LoginGuard> guard_;
};

}  // namespace

TEST_CASE("an address that keeps failing waits twice as long each time, up to a limit") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) CHECK(guarded.fail("10.0.0.1") == 0s);
  std::vector<std::chrono::seconds> waits;
  for (int i = 0; i < 8; ++i) {
    waits.push_back(guarded.fail("10.0.0.1"));
    guarded.clock.advance(waits.back());
    CHECK(guarded.fail("10.0.0.1") == 0s);
  }
  CHECK(waits == std::vector<std::chrono::seconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
}

TEST_CASE("one address's failures are not another's, but for the /64 of an IPv6 address") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) guarded.fail("10.0.0.1");
  CHECK(guarded.fail("10.0.0.1") > 0s);
  CHECK(guarded.fail("10.0.0.2") == 0s);
  CHECK(guarded.fail("::ffff:10.0.0.1") > 0s);
  for (int i = 0; i < 5; ++i) guarded.fail("2001:db8:0:1::" + std::to_string(i + 1));
  CHECK(guarded.fail("2001:db8:0:1:ffff::9") > 0s);
  CHECK(guarded.fail("2001:db8:0:2::1") == 0s);
}

TEST_CASE("a right login, and time, make an address's failures forgotten") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) guarded.fail("10.0.0.1");
  guarded.guard().succeeded("10.0.0.1");
  for (int i = 0; i < 5; ++i) CHECK(guarded.fail("10.0.0.1") == 0s);
  CHECK(guarded.fail("10.0.0.1") > 0s);
  guarded.clock.advance(901s);
  for (int i = 0; i < 5; ++i) CHECK(guarded.fail("10.0.0.1") == 0s);
}

TEST_CASE("people are told once a wait that an address has to wait") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) guarded.fail("10.0.0.1");
  CHECK(guarded.guard().begin("10.0.0.1").first_refusal);
  CHECK_FALSE(guarded.guard().begin("10.0.0.1").first_refusal);
  guarded.clock.advance(1s);
  CHECK(guarded.fail("10.0.0.1") == 0s);
  CHECK(guarded.guard().begin("10.0.0.1").first_refusal);
}

TEST_CASE("the table of addresses is bounded, and forgets the oldest") {
  Guarded guarded;
  for (int i = 0; i < 5; ++i) guarded.fail("10.0.0.1");
  for (int i = 0; i < 99; ++i) guarded.fail("10.1.0." + std::to_string(i));
  CHECK(guarded.fail("10.0.0.1") > 0s);
  for (int i = 0; i < 1000; ++i) guarded.fail("10.2." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  CHECK(guarded.guard().watched() == 100);
  CHECK(guarded.fail("10.0.0.1") == 0s);
}

TEST_CASE("many addresses together have a budget of hashes, which those that logged in before do not need") {
  Guarded guarded;
  guarded.settings.hash_burst = 20;
  guarded.fail("10.0.0.1");
  guarded.guard().succeeded("10.0.0.1");
  int tried = 0;
  for (int i = 0; i < 90; ++i) tried += guarded.fail("10.1.0." + std::to_string(i)) == 0s ? 1 : 0;
  CHECK(tried == 19);
  CHECK(guarded.fail("10.0.0.1") == 0s);
  guarded.clock.advance(2s);
  tried = 0;
  for (int i = 0; i < 90; ++i) tried += guarded.fail("10.3.0." + std::to_string(i)) == 0s ? 1 : 0;
  CHECK(tried == 10);
}

TEST_CASE("what is no address is watched under its own name") {
  CHECK(guarded_address("") == "");
  CHECK(guarded_address("unix") == "unix");
  CHECK(guarded_address("10.0.0.1") == "10.0.0.1");
  CHECK(guarded_address("2001:db8::1") == "2001:db8::/64");
}

TEST_CASE("remembered logins are bounded, and the oldest is forgotten first") {
  LoginMemory memory(3);
  const auto digest = [](int i) { return digest_of(std::to_string(i)); };
  for (int i = 0; i < 3; ++i) memory.put(digest(i), {true, {}, std::to_string(i)});
  memory.put(digest(0), {true, {}, "again"});
  memory.put(digest(3), {true, {}, "3"});
  CHECK(memory.find(digest(1)) == nullptr);
  REQUIRE(memory.find(digest(0)) != nullptr);
  CHECK(memory.find(digest(0))->session == "again");
  CHECK(memory.find(digest(3)) != nullptr);
  memory.clear();
  CHECK(memory.find(digest(3)) == nullptr);
}
