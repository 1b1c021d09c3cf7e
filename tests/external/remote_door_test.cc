#include "external/datasource_commands.h"
#include "tests/external/remote_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

TEST_CASE_METHOD(AnyRemote, "a subsystem that no helper has is refused with the reason") {
  start();
  TestHelper& guest = connects();
  guest.sends(wire::SystemRegister{"other"});
  settle();
  CHECK(farewell(guest) == "no helper has the subsystem \"other\"");
  CHECK(has_said("refused a helper's connection from 192.0.2.1:1000 over tcp: no helper has the subsystem \"other\""));
  CHECK(state() == HelperState::waiting);
  guest.closes_output();
  settle();
  CHECK(guest.end->at_end());
}

TEST_CASE_METHOD(AnyRemote, "one whose first command is another is named after the place that it comes from") {
  definition.subsystem = GENERATE("tcp:192.0.2.1:1000", "tcp:192.0.2.1");
  start();
  TestHelper& guest = connects();
  guest.sends(wire::HttpRegisterUri{"/x", "GET"});
  settle();
  CHECK(state() == HelperState::ready);
  CHECK(services.uris == std::vector<std::string>{"GET /x"});  // That command counts.
}

TEST_CASE_METHOD(AnyRemote, "one whose first command is another is refused where nothing is named after its place") {
  start();
  TestHelper& guest = connects("192.0.2.1", "websocket");
  guest.sends(wire::Ping{});
  settle();
  CHECK(farewell(guest).find("no helper has the subsystem \"websocket:192.0.2.1\"") != std::string::npos);
}

TEST_CASE_METHOD(AnyRemote, "a capture tool is told that this daemon does not capture") {
  start();
  TestHelper& guest = connects();
  const bool numbers = generation == wire::Generation::v3;
  guest.sends(numbers ? wire::Unknown{"", 19} : wire::Unknown{"KDSNEWSOURCE", 0});
  settle();
  CHECK(farewell(guest) == kNoCapture);
  CHECK(has_said(std::string(kNoCapture)));
}

TEST_CASE_METHOD(RemoteTest, "one that says nothing is closed after its time") {
  start();
  TestHelper& guest = connects();
  advance(remote.identify_timeout - 1ms);
  CHECK_FALSE(guest.end->at_end());
  advance(2ms);
  CHECK(guest.end->at_end());
  CHECK(has_said("has not said who it is within 5.0 s"));
}

TEST_CASE_METHOD(RemoteTest, "one that sends its first frame too slowly is closed after its time") {
  start();
  TestHelper& guest = connects();
  const std::string frame = guest.frame(wire::SystemRegister{definition.subsystem});
  for (std::size_t i = 0; i + 1 < frame.size() && !guest.end->at_end(); ++i) {
    guest.sends_bytes(frame.substr(i, 1));
    advance(1s);
  }
  CHECK(guest.end->at_end());
  CHECK(state() == HelperState::waiting);
}

TEST_CASE_METHOD(RemoteTest, "garbage is closed at its first byte, and leaving without a word is said as that") {
  start();
  TestHelper& browser = connects();
  browser.sends_bytes("GET / HTTP/1.1\r\n\r\n");
  settle();
  CHECK(browser.end->at_end());
  CHECK(has_said("bad signature"));
  connects("192.0.2.1:5").closes_output();
  settle();
  CHECK(has_said("192.0.2.1:5 over tcp: closed without a word"));
}

TEST_CASE_METHOD(RemoteTest, "a first frame over the limit is refused before it has come") {
  start();
  TestHelper& guest = connects();
  guest.sends_bytes(guest.frame(wire::SystemRegister{std::string(remote.hello_limit, 'x')}).substr(0, 100));
  settle();
  CHECK(guest.end->at_end());
  CHECK(has_said("over the limit of 16384"));
}

TEST_CASE_METHOD(RemoteTest, "no more than so many may be without a name at a time") {
  remote.unidentified = 2;
  start();
  connects("192.0.2.1:1");
  TestHelper& second = connects("192.0.2.1:2");
  TestHelper& third = connects("192.0.2.1:3");
  CHECK(third.end->at_end());
  CHECK(has_said("192.0.2.1:3 over tcp: too many have not said who they are"));
  second.sends(wire::SystemRegister{definition.subsystem});
  settle();
  CHECK(state() == HelperState::ready);
  CHECK_FALSE(connects("192.0.2.1:4").end->at_end());
}

TEST_CASE_METHOD(RemoteTest, "of many refused connections some are told and the rest is counted") {
  remote.refusals_a_second = 3;
  start();
  for (int i = 0; i < 10; ++i) connects("192.0.2.1:" + std::to_string(i)).sends_bytes("x");
  settle();
  advance(1s);
  std::size_t told = 0;
  for (const std::string& text : said) told += text.find("bad signature") != std::string::npos ? 1U : 0U;
  CHECK(told == 3);
  CHECK(has_said("refused 7 more connections of helpers"));
}

TEST_CASE_METHOD(RemoteTest, "one that is refused and does not leave is closed after a while") {
  start();
  TestHelper& guest = connects();
  guest.sends(wire::SystemRegister{"other"});
  settle();
  CHECK_FALSE(farewell(guest).empty());
  advance(remote.linger + 1ms);
  guest.sends_bytes("more");
  settle();
  CHECK(guest.end->at_end());
}

TEST_CASE_METHOD(RemoteTest, "a door that is closed lets nobody in, and closes who has not said who it is") {
  start();
  TestHelper& silent = connects();
  TaskGroup ending(loop.get_executor(), {});
  ending.spawn("door", door->stop());
  settle();
  CHECK(silent.end->at_end());
  CHECK(ending.running() == 0);
  CHECK(connects().end->at_end());
}
