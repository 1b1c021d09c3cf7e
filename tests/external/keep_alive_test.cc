#include "external/keep_alive.h"

#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

struct KeptAlive : MemorySession {
  KeptAlive() {
    settings.ping_interval = 5s;
    settings.ping_timeout = 15s;
    start_speaking();
  }
  void answers_last_ping() {
    helper.sends(wire::Pong{helper.heard_all().back().seqno});
    settle();
  }
};

struct LibraryV0 : SessionTest {
  LibraryV0() : SessionTest(Medium::memory, wire::Generation::v0) {}
};

}  // namespace

TEST_CASE_METHOD(KeptAlive, "a helper that answers is asked for ever") {
  for (std::size_t i = 1; i < 100; ++i) {
    advance(5s);
    REQUIRE(helper.heard<wire::Ping>().size() == i);
    answers_last_ping();
  }
  CHECK_FALSE(ended);
}

TEST_CASE_METHOD(KeptAlive, "a helper that does not answer for its time limit has ended") {
  for (int i = 0; i < 3; ++i) advance(5s);
  CHECK(helper.heard<wire::Ping>().size() == 3);
  CHECK_FALSE(ended);
  advance(4999ms);
  CHECK_FALSE(ended);
  advance(1ms);
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::unresponsive);
  CHECK(ended->detail == "has not answered PING for 15000 ms");
}

TEST_CASE_METHOD(KeptAlive, "a helper that is behind with its answers is given time from the first one missing") {
  advance(5s);
  const wire::Seqno first = helper.heard_all().back().seqno;
  advance(5s);
  advance(5s);
  helper.sends(wire::Pong{first});
  settle();
  advance(9s);  // The second one is 14 s old.
  CHECK_FALSE(ended);
  advance(1s);
  CHECK(ended);
}

TEST_CASE_METHOD(KeptAlive, "an answer to a PING answers those before it too") {
  for (int i = 0; i < 3; ++i) advance(5s);
  answers_last_ping();
  advance(14s);
  CHECK_FALSE(ended);
}

TEST_CASE_METHOD(KeptAlive, "an answer to no question is no sign of life") {
  for (int i = 0; i < 4; ++i) {
    helper.sends(wire::Pong{{4711}});
    advance(5s);
  }
  CHECK(ended);
}

TEST_CASE_METHOD(KeptAlive, "the round trip is that of the last answer") {
  CHECK(session->round_trip() == 0us);
  advance(5s);
  pass(1500us);
  answers_last_ping();
  CHECK(session->round_trip() == 1500us);
}

TEST_CASE_METHOD(KeptAlive, "a helper that stops reading is ended by its missing answers, and holds nobody back") {
  wire->capacity = 0;
  for (int i = 0; i < 4; ++i) {
    pass(5s);
    poll();
  }
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::unresponsive);
}

TEST_CASE_METHOD(MemorySession, "without a time limit a missing answer is no reason to end") {
  settings.ping_interval = 1s;
  start_speaking();
  for (int i = 0; i < 100; ++i) advance(1s);
  CHECK(helper.heard<wire::Ping>().size() == 100);
  CHECK_FALSE(ended);
}

TEST_CASE_METHOD(LibraryV0, "a helper that ends on an old PONG gets one before, once it has sent a PING") {
  start_speaking();
  advance(10s);
  CHECK(helper.heard<wire::Pong>().empty());
  helper.sends(wire::Ping{}, {42});
  settle();
  CHECK(helper.heard<wire::Pong>().size() == 1);
  for (std::size_t i = 2; i < 10; ++i) {
    advance(3s);
    REQUIRE(helper.heard<wire::Pong>().size() == i);
    CHECK(helper.heard<wire::Pong>().back().ping.value == 42);
  }
}

TEST_CASE_METHOD(MemorySession, "a helper without that habit gets a PONG for a PING and no more") {
  start_speaking();
  helper.sends(wire::Ping{});
  settle();
  advance(1h);
  CHECK(helper.heard<wire::Pong>().size() == 1);
}

TEST_CASE_METHOD(LibraryV0, "an event's name that was registered letter by letter is put together again") {
  start_speaking();
  SECTION("as the library does it") {
    helper.sends(wire::EventbusRegister{{"T", "I", "C", "K"}});
    settle();
    CHECK(services.topics == std::vector<std::string>{"T", "I", "C", "K", "TICK"});
  }
  SECTION("letters of more than one byte too") {
    helper.sends(wire::EventbusRegister{{"\303\230", "L"}});
    settle();
    CHECK(services.topics.back() == "\303\230L");
  }
  SECTION("but not names, and not a single letter") {
    helper.sends(wire::EventbusRegister{{"T", "TICK"}});
    settle();
    CHECK(services.topics == std::vector<std::string>{"T", "TICK"});
    helper.sends(wire::EventbusRegister{{"*"}});
    settle();
    CHECK(services.topics == std::vector<std::string>{"*"});
  }
}

TEST_CASE_METHOD(MemorySession, "a helper without that habit registers what it says") {
  start_speaking();
  helper.sends(wire::EventbusRegister{{"T", "I"}});
  settle();
  CHECK(services.topics == std::vector<std::string>{"T", "I"});
}
