#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

// A frame whose command is right, and whose content lacks what it must have.
std::string garbled_frame(wire::Generation generation, std::string_view command) {
  const std::uint16_t type = command == "MESSAGE" ? 5 : command == "SYSTEMREGISTER" ? 1 : 64;
  std::string bytes;
  wire::codec_of(generation).encode(wire::Unknown{command, type}, {1}, 1 << 20, bytes);
  return bytes;
}

}  // namespace

TEST_CASE_METHOD(AnySession, "what is no frame ends the session at once with the place and the value") {
  start_speaking();
  const std::size_t before = helper.frame(wire::SystemRegister{"demo"}).size();
  SECTION("a bad signature") {
    helper.sends_bytes("Traceback (most recent call last):\n");
    settle();
    REQUIRE(ended);
    CHECK_THAT(ended->detail, Catch::StartsWith("bad signature 0x54"));
    CHECK_THAT(ended->detail, Catch::EndsWith("at byte " + std::to_string(before)));
  }
  SECTION("a length over the limit") {
    std::string bytes = helper.frame(wire::Ping{});
    bytes[8] = 1;
    helper.sends_bytes(bytes);
    settle();
    REQUIRE(ended);
    CHECK_THAT(ended->detail, Catch::Contains("over the limit of 1048576, at byte " + std::to_string(before)));
  }
  CHECK(ended->kind == SessionEnd::Kind::protocol_error);
  CHECK(services.ended == 1);
}

TEST_CASE("a wrong checksum ends the session") {
  SessionTest test(Medium::memory, wire::Generation::v0);
  test.start();
  std::string bytes = test.helper.frame(wire::Message{2, "text"});
  bytes.back() = 'T';
  test.helper.sends_bytes(bytes);
  test.settle();
  REQUIRE(test.ended);
  CHECK(test.ended->kind == SessionEnd::Kind::protocol_error);
  CHECK_THAT(test.ended->detail, Catch::StartsWith("checksum 0x"));
  CHECK(test.services.messages.empty());
}

TEST_CASE_METHOD(AnySession, "a helper that ends within a frame is told apart from one that ends between two") {
  start_speaking();
  helper.sends_bytes(helper.frame(wire::Ping{}).substr(0, 17));
  helper.closes_output();
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::protocol_error);
  CHECK(ended->detail == "closed its output 17 bytes into a frame");
}

TEST_CASE_METHOD(AnySession, "one command that cannot be read is said and counted, and the helper lives") {
  start_speaking();
  helper.sends_bytes(garbled_frame(helper.generation, "HTTPREGISTERURI"));
  helper.sends(wire::Message{2, "still here"});
  settle();
  CHECK_FALSE(ended);
  CHECK(services.messages ==
        std::vector<std::string>{R"(4 sent command "HTTPREGISTERURI" that cannot be read: required field 1 is missing)",
                                 "2 still here"});
  CHECK(session->counters().garbled_commands == 1);
}

TEST_CASE_METHOD(AnySession, "ten commands in a row that cannot be read end the session") {
  start_speaking();
  for (int i = 0; i < 9; ++i) helper.sends_bytes(garbled_frame(helper.generation, "MESSAGE"));
  helper.sends(wire::Ping{});
  for (int i = 0; i < 9; ++i) helper.sends_bytes(garbled_frame(helper.generation, "MESSAGE"));
  settle();
  CHECK_FALSE(ended);
  helper.sends_bytes(garbled_frame(helper.generation, "SYSTEMREGISTER"));
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::protocol_error);
  CHECK(ended->detail ==
        "10 unreadable commands in a row, the last command \"SYSTEMREGISTER\" that cannot be read: required field 1 is "
        "missing");
}

TEST_CASE_METHOD(AnySession, "garbage before the first good command does not make a helper ready") {
  start();
  helper.sends_bytes(garbled_frame(helper.generation, "MESSAGE"));
  settle();
  CHECK(first_frames == 0);
  helper.sends(wire::Ping{});
  settle();
  CHECK(first_frames == 1);
}

TEST_CASE_METHOD(AnySession, "unknown commands, and those that only the daemon sends, are counted and ignored") {
  start_speaking();
  helper.sends(wire::Unknown{"NEWFANGLED", 60});
  helper.sends(wire::Event{"{}"});
  helper.sends(wire::HttpRequest{{0}, "/", "GET", {}, {}, {}, {}});
  helper.sends(wire::HttpRequestCancel{{0}});
  helper.sends(wire::HttpAuth{"token"});
  settle();
  CHECK_FALSE(ended);
  CHECK(session->counters().unknown_commands == 5);
  REQUIRE(services.messages.size() == 1);
  CHECK_THAT(services.messages[0],
             Catch::StartsWith(helper.generation == wire::Generation::v3 ? "1 sent command \"number 60\""
                                                                         : "1 sent command \"NEWFANGLED\""));
}

TEST_CASE_METHOD(AnySession,
                 "an answer to a request that was never made ends the session, one to a finished one does not") {
  start_speaking();
  Exchange exchange = ask();
  settle();
  helper.sends(wire::HttpResponse{{0}, {}, "done", std::nullopt, true});
  helper.sends(wire::HttpResponse{{0}, {}, "again", std::nullopt, true});
  helper.sends(wire::HttpResponse{{0}, {}, "again", std::nullopt, true});
  settle();
  CHECK_FALSE(ended);
  CHECK(services.messages ==
        std::vector<std::string>{"1 answers request 0, which has ended; such answers are dropped and counted"});
  CHECK(session->counters().late_answers == 2);
  Exchange other = ask();
  helper.sends(wire::HttpResponse{{2}, {}, "", std::nullopt, false});
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::protocol_error);
  CHECK(ended->detail == "answers request 2, which was never made");
  CHECK(other.answer().state == ExchangeState::helper_gone);
}

TEST_CASE_METHOD(MemorySession, "a flood of messages is cut to its budget, and what was cut is said") {
  settings.messages_a_second = 3;
  start_speaking();
  for (int i = 0; i < 100; ++i) helper.sends(wire::Message{2, "flood"});
  settle();
  CHECK(services.messages.size() == 3);
  advance(1s);
  CHECK(services.messages.size() == 5);
  const auto said = [this](const std::string& text) {
    return std::count(services.messages.begin(), services.messages.end(), text) == 1;
  };
  CHECK(said("4 97 messages suppressed"));
  CHECK(said("4 is over its budget of 3 messages a second: more are dropped and counted"));
  helper.sends(wire::Message{2, "again"});
  settle();
  CHECK(services.messages.back() == "2 again");
  advance(5s);
  CHECK(services.messages.size() == 6);
  CHECK(session->counters().messages == 101);
  CHECK(session->counters().messages_suppressed == 97);
}

TEST_CASE_METHOD(MemorySession, "what a flood has suppressed is said at the helper's end at the latest") {
  settings.messages_a_second = 1;
  start_speaking();
  for (int i = 0; i < 5; ++i) helper.sends(wire::Message{2, "flood"});
  helper.closes_output();
  settle();
  CHECK(services.messages == std::vector<std::string>{"2 flood", "4 4 messages suppressed"});
}

TEST_CASE_METHOD(MemorySession, "a helper that does not read loses events, each counted, and is told of once") {
  settings.send_queue_limit = 1000;
  wire->capacity = 100;
  start_speaking();
  helper.sends(wire::EventbusRegister{{"TICK"}});
  poll();
  for (int i = 0; i < 100; ++i) {
    bus.publish("TICK", "{}");
    poll();
  }
  CHECK(session->counters().events_dropped > 0);
  CHECK(session->counters().events_sent + session->counters().events_dropped == 100);
  CHECK(services.messages ==
        std::vector<std::string>{R"(4 does not take event "TICK"; such events are dropped and counted)"});
  CHECK_FALSE(ended);
  settle();
  CHECK(helper.heard<wire::Event>().size() == session->counters().events_sent);
}

TEST_CASE_METHOD(MemorySession, "an event that is too large for a frame is dropped, and the helper lives") {
  settings.send_frame_limit = 1000;
  start_speaking();
  helper.sends(wire::EventbusRegister{{"*"}});
  settle();
  bus.publish("LARGE", "{\"a\": \"" + std::string(1000, 'x') + "\"}");
  bus.publish("SMALL", "{}");
  settle();
  CHECK(helper.heard<wire::Event>().size() == 1);
  CHECK(session->counters().events_dropped == 1);
}

TEST_CASE("a peer of a generation that holds small frames is sent none that is larger") {
  SessionTest test(Medium::memory, wire::Generation::v3);
  test.start_speaking();
  Exchange large = test.ask({"/x", "GET", {{"a", std::string(16'383, 'x')}}, {}, {}, {}});
  CHECK(large.answer().refusal == ExchangeRefusal::too_large);
  Exchange fits = test.ask({"/x", "GET", {{"a", std::string(16'000, 'x')}}, {}, {}, {}});
  CHECK(fits.answer().state == ExchangeState::open);
}

TEST_CASE_METHOD(MemorySession, "registrations are bounded") {
  settings.uris = 2;
  settings.event_topics = 2;
  start_speaking();
  for (int i = 0; i < 4; ++i) helper.sends(wire::HttpRegisterUri{"/" + std::to_string(i), "GET"});
  helper.sends(wire::EventbusRegister{{"A", "B", "C"}});
  settle();
  CHECK(services.uris.size() == 2);
  CHECK(services.topics == std::vector<std::string>{"A", "B"});
  CHECK(services.messages == std::vector<std::string>{R"(4 cannot register "GET" "/2": it has registered 2 already)",
                                                      R"(4 cannot register "GET" "/3": it has registered 2 already)",
                                                      "4 registers 3 events, of which the first 2 count"});
}

TEST_CASE_METHOD(MemorySession, "a long or broken name is shown short and valid in a message") {
  services.refusal = "no";
  start_speaking();
  helper.sends(wire::HttpRegisterUri{std::string(200, 'x'), "\xff"});
  settle();
  REQUIRE(services.messages.size() == 1);
  CHECK(services.messages[0] == "4 cannot register \"\xef\xbf\xbd\" \"" + std::string(60, 'x') + "...\": no");
}
