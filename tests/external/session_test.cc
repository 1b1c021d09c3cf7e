#include <catch2/catch.hpp>

#include "external/helper_session.h"
#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

TEST_CASE_METHOD(AnySession, "a session says nothing before its helper has, and then speaks its generation") {
  start();
  CHECK(session->generation() == "");
  services.refusal = "";
  advance(1h);
  CHECK(helper.heard_all().empty());
  CHECK(first_frames == 0);
  helper.sends(wire::Ping{}, {7});
  settle();
  CHECK(session->generation() == to_string(helper.generation));
  CHECK(first_frames == 1);
  REQUIRE(helper.heard<wire::Pong>().size() == 1);
  CHECK(helper.heard<wire::Pong>()[0].ping.value == 7);
  CHECK(first_frames == 1);
}

TEST_CASE_METHOD(AnySession, "a session numbers what it says from 1") {
  start();
  for (int i = 0; i < 3; ++i) helper.sends(wire::HttpAuthRequest{});
  settle();
  REQUIRE(helper.heard_all().size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(helper.heard_all()[i].seqno.value == i + 1);
}

TEST_CASE_METHOD(AnySession, "a helper's messages reach the message bus with their severity") {
  start();
  helper.sends(wire::Message{1, "debug"});
  helper.sends(wire::Message{2, "info"});
  helper.sends(wire::Message{4, "error"});
  helper.sends(wire::Message{8, "alert"});
  helper.sends(wire::Message{16, "fatal"});
  helper.sends(wire::Message{64, "none of them"});
  settle();
  CHECK(services.messages ==
        std::vector<std::string>{"1 debug", "2 info", "4 error", "8 alert", "16 fatal", "2 none of them"});
  CHECK(session->counters().messages == 6);
}

TEST_CASE_METHOD(AnySession, "a helper registers URIs, and hears by message why one is refused") {
  start();
  helper.sends(wire::HttpRegisterUri{"/a", "GET"});
  helper.sends(wire::HttpRegisterUri{"/a", "POST"});
  settle();
  CHECK(services.uris == std::vector<std::string>{"GET /a", "POST /a"});
  services.refusal = "another helper has it";
  helper.sends(wire::HttpRegisterUri{"/b", "GET"});
  settle();
  CHECK(services.messages == std::vector<std::string>{R"(4 cannot register "GET" "/b": another helper has it)"});
}

TEST_CASE_METHOD(AnySession, "a helper gets its token") {
  start();
  helper.sends(wire::HttpAuthRequest{});
  settle();
  REQUIRE(helper.heard<wire::HttpAuth>().size() == 1);
  CHECK(helper.heard<wire::HttpAuth>()[0].token == "0123456789ABCDEF0123456789ABCDEF");
}

TEST_CASE_METHOD(AnySession, "a helper hears the events that it has registered for last") {
  start();
  helper.sends(wire::EventbusRegister{{"ONE", "TWO"}});
  settle();
  bus.publish("ONE", "{}");
  bus.publish("THREE", "{}");
  settle();
  REQUIRE(helper.heard<wire::Event>().size() == 1);
  CHECK_THAT(std::string(helper.heard<wire::Event>()[0].json), Catch::Contains("ONE"));
  helper.sends(wire::EventbusRegister{{"THREE"}});
  settle();
  bus.publish("ONE", "{}");
  bus.publish("THREE", "{}");
  settle();
  REQUIRE(helper.heard<wire::Event>().size() == 2);
  CHECK_THAT(std::string(helper.heard<wire::Event>()[1].json), Catch::Contains("THREE"));
  CHECK(session->counters().events_sent == 2);
  helper.sends(wire::EventbusRegister{});
  settle();
  bus.publish("THREE", "{}");
  settle();
  CHECK(helper.heard<wire::Event>().size() == 2);
}

TEST_CASE_METHOD(AnySession, "a helper publishes events, and hears by message why one is refused") {
  start();
  helper.sends(wire::EventbusPublish{"DEMO", R"({"a": 1})"});
  settle();
  CHECK(services.published == std::vector<std::string>{R"(DEMO {"a": 1})"});
  CHECK(session->counters().events_published == 1);
  services.refusal = "not JSON";
  helper.sends(wire::EventbusPublish{"DEMO", "nonsense"});
  settle();
  CHECK(services.messages == std::vector<std::string>{R"(4 cannot publish event "DEMO": not JSON)"});
  CHECK(session->counters().events_published == 1);
}

TEST_CASE_METHOD(AnySession, "a helper's shutdown ends its session with the reason that it gave") {
  start();
  helper.sends(wire::Shutdown{"no more work"});
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::shutdown_by_helper);
  CHECK(ended->detail == "no more work");
  CHECK(services.ended == 1);
}

TEST_CASE_METHOD(AnySession, "a session that is asked to shut down tells its helper and waits for it") {
  start_speaking();
  session->shutdown("the daemon stops");
  settle();
  REQUIRE(helper.heard<wire::Shutdown>().size() == 1);
  CHECK(helper.heard<wire::Shutdown>()[0].reason == "the daemon stops");
  CHECK(helper.end->at_end());
  CHECK_FALSE(ended);
  helper.sends(wire::Message{2, "last words"});
  helper.closes_output();
  settle();
  CHECK(services.messages == std::vector<std::string>{"2 last words"});
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::stopped);
}

TEST_CASE_METHOD(AnySession, "a helper that is being shut down is sent no events, and is not blamed for it") {
  start();
  helper.sends(wire::EventbusRegister{{"*"}});
  settle();
  session->shutdown("the daemon stops");
  bus.publish("MESSAGE", "{}");
  settle();
  CHECK(helper.heard<wire::Event>().empty());
  CHECK(services.messages.empty());
  CHECK(session->counters().events_dropped == 0);
}

TEST_CASE_METHOD(AnySession, "a helper that has never spoken is asked to end by the end of its input") {
  start();
  session->shutdown("the daemon stops");
  settle();
  CHECK(helper.heard_all().empty());
  CHECK(helper.end->at_end());
  helper.closes_output();
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::stopped);
}

TEST_CASE_METHOD(AnySession, "a helper that closes its output has ended, and one that is closed has too") {
  start_speaking();
  SECTION("by itself") {
    helper.closes_output();
    settle();
    REQUIRE(ended);
    CHECK(ended->kind == SessionEnd::Kind::closed);
    CHECK(ended->detail == "closed its output");
  }
  SECTION("by us") {
    session->close();
    settle();
    REQUIRE(ended);
    CHECK(ended->kind == SessionEnd::Kind::stopped);
  }
  CHECK(services.ended == 1);
}

TEST_CASE_METHOD(AnySession, "a helper that no longer reads is heard out, but not for long") {
  start_speaking();
  helper.closes_input();
  helper.sends(wire::Ping{});  // What answers it cannot be written.
  settle();
  CHECK_FALSE(ended);
  helper.sends(wire::Message{16, "cannot open the device"});
  settle();
  CHECK(services.messages == std::vector<std::string>{"16 cannot open the device"});
  SECTION("it ends by itself") {
    helper.closes_output();
  }
  SECTION("it does not") {
    pass(settings.linger);
  }
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::closed);
  CHECK_THAT(ended->detail, Catch::Contains("does not read any more"));
}

TEST_CASE_METHOD(MemorySession, "a forced generation is spoken at once, and no other is understood") {
  definition.wire = WireChoice::v2;
  settings.ping_interval = 5s;
  start();
  advance(5s);
  CHECK(helper.heard<wire::Ping>().size() == 1);
  CHECK(session->generation() == "");
  helper.generation = wire::Generation::v0;
  helper.sends(wire::Ping{});
  settle();
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::protocol_error);
  CHECK_THAT(ended->detail, Catch::StartsWith("not a v2 frame"));
}

TEST_CASE_METHOD(MemorySession, "a session may be closed by what hears its messages") {
  start_speaking();
  services.on_message = [this] { session->close(); };
  helper.sends(wire::Message{2, "one"});
  helper.sends(wire::Message{2, "two"});
  settle();
  CHECK(services.messages == std::vector<std::string>{"2 one"});
  REQUIRE(ended);
  CHECK(ended->kind == SessionEnd::Kind::stopped);
}

TEST_CASE_METHOD(MemorySession, "a bug in a command ends that session alone, and is said") {
  start_speaking();
  services.on_message = [this] {
    services.on_message = nullptr;
    throw std::runtime_error("on purpose");
  };
  helper.sends(wire::Message{2, "one"});
  settle();
  REQUIRE(ended);
  CHECK(ended->detail == "internal error: on purpose");
  CHECK(services.messages == std::vector<std::string>{"2 one", "4 internal error in its reader: on purpose"});
  CHECK(services.ended == 1);
  CHECK(bugs.empty());
}
