#include "tests/external/remote_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;
using Kind = HelperChange::Kind;

TEST_CASE_METHOD(AnyRemote, "a helper that connects and says its subsystem is served by the definition of that") {
  start();
  CHECK(state() == HelperState::waiting);
  TestHelper& guest = registers();
  REQUIRE(state() == HelperState::ready);
  const HelperSnapshot is = helper->snapshot();
  CHECK(is.peer == "192.0.2.1:1000");
  CHECK(is.transport == "tcp");
  CHECK(is.generation == to_string(generation));
  CHECK(is.starts == 1);
  CHECK(is.ever_ready);
  guest.sends(wire::HttpRegisterUri{"/x", "GET"});
  settle();
  CHECK(services.uris == std::vector<std::string>{"GET /x"});
  CHECK(changes == std::vector<Kind>{Kind::started, Kind::ready});
}

TEST_CASE_METHOD(AnyRemote, "stopping disconnects a remote helper and refuses it until it is started again") {
  start();
  TestHelper& guest = registers();
  on_loop([this] { helper->request_stop("stopped by hand"); });
  CHECK(state() == HelperState::stopping);
  CHECK(farewell(guest) == "stopped by hand");
  guest.closes_output();
  settle();
  CHECK(state() == HelperState::stopped);
  CHECK(services.ended == 1);

  TestHelper& again = registers("192.0.2.1:2000");
  CHECK(farewell(again) == "helper demo is stopped");
  CHECK(has_said("refused the connection from 192.0.2.1:2000 over tcp: helper demo is stopped"));
  on_loop([this] { helper->start(); });
  registers("192.0.2.1:3000");
  CHECK(state() == HelperState::ready);
}

TEST_CASE_METHOD(AnyRemote, "a restart disconnects a remote helper, which may come back") {
  start();
  TestHelper& guest = registers();
  on_loop([this] { helper->restart(); });
  CHECK(farewell(guest) == "restarted");
  guest.closes_output();
  settle();
  CHECK(state() == HelperState::waiting);
  registers();
  CHECK(state() == HelperState::ready);
  CHECK(helper->snapshot().starts == 2);
}

TEST_CASE_METHOD(RemoteTest, "a remote helper that ignores SHUTDOWN is cut off after the grace") {
  start();
  registers();
  on_loop([this] { helper->request_stop("stopped by hand"); });
  advance(settings.shutdown_grace - 1ms);
  CHECK(state() == HelperState::stopping);
  advance(2ms);
  CHECK(state() == HelperState::stopped);
}

TEST_CASE_METHOD(RemoteTest,
                 "a remote helper that is lost is noticed by its keep-alive, and may reconnect to its name") {
  definition.ping_interval = 1s;
  definition.ping_timeout = 3s;
  start();
  registers();
  for (int i = 0; i < 4; ++i) advance(1s);  // It answers no PING.
  CHECK(state() == HelperState::gone);
  CHECK(helper->snapshot().failures == 1);
  CHECK(helper->snapshot().peer.empty());
  REQUIRE(helper->snapshot().last_report);
  CHECK(helper->snapshot().last_report->message().find("was lost: has not answered PING for 3000 ms") == 0);
  CHECK(services.ended == 1);
  registers("192.0.2.7:1");
  CHECK(state() == HelperState::ready);
}

TEST_CASE_METHOD(RemoteTest, "a remote helper that leaves by itself is gone, and that is no failure") {
  start();
  registers().closes_output();
  settle();
  CHECK(state() == HelperState::gone);
  CHECK(helper->snapshot().failures == 0);
  CHECK(has_said("helper demo: has left: closed its output"));
  CHECK(changes == std::vector<Kind>{Kind::started, Kind::ready, Kind::exited});
}

TEST_CASE_METHOD(AnyRemote, "a second connection for a name is refused while the first one answers") {
  start();
  TestHelper& first = registers();
  TestHelper& second = registers("192.0.2.9:9");
  REQUIRE(first.heard<wire::Ping>().size() == 1);  // Asked at once.
  const auto asked = [&first] {
    for (const wire::Decoded& decoded : first.heard_all()) {
      if (std::holds_alternative<wire::Ping>(decoded.command)) return decoded.seqno;
    }
    return wire::Seqno{};
  }();
  first.sends(wire::Pong{asked}, asked);
  settle();
  CHECK(farewell(second) == "the name demo is in use by 192.0.2.1:1000");
  CHECK(state() == HelperState::ready);
  CHECK(helper->snapshot().peer == "192.0.2.1:1000");
}

TEST_CASE_METHOD(AnyRemote, "a second connection takes the place of one that does not answer") {
  start();
  registers();
  TestHelper& second = registers("192.0.2.9:9");
  advance(remote.check_timeout);
  CHECK(farewell(second).empty());
  CHECK(state() == HelperState::ready);
  CHECK(helper->snapshot().peer == "192.0.2.9:9");
  CHECK(has_said("was lost: has not answered PING for 2000 ms"));
}

TEST_CASE_METHOD(RemoteTest, "a third connection is refused while two are being told apart") {
  start();
  registers();
  registers("192.0.2.9:9");
  TestHelper& third = registers("192.0.2.9:10");
  CHECK(farewell(third) == "another connection asks for the name demo already");
}

TEST_CASE_METHOD(RemoteTest, "a definition takes connections of its transport alone") {
  definition.transport = HelperTransport::websocket;
  start();
  TestHelper& wrong = registers("192.0.2.1:1", "tls");
  CHECK(farewell(wrong) == "helper demo is to connect over websocket");
  registers("192.0.2.1", "websocket");
  CHECK(state() == HelperState::ready);
  CHECK(helper->snapshot().transport == "websocket");
}

TEST_CASE_METHOD(RemoteTest, "a definition that names a certificate refuses who does not show it") {
  definition.client_certificate = "sensor-7";
  start();
  TestHelper& guest = registers();
  CHECK(farewell(guest) == "helper demo needs a certificate of the name sensor-7");
}

TEST_CASE_METHOD(RemoteTest, "a remote helper that is not enabled is refused until it is started by hand") {
  definition.enabled = false;
  helper = std::make_unique<RemoteHelper>(loop, definition, RemoteHelper::Parts{services, messages, settings, remote});
  CHECK(state() == HelperState::disabled);
  start();
  CHECK(state() == HelperState::waiting);
}

TEST_CASE_METHOD(RemoteTest, "datasource commands in a session are refused once, counted, and harm nothing") {
  start();
  TestHelper& guest = registers();
  for (int i = 0; i < 3; ++i) guest.sends(wire::Unknown{"KDSDATAREPORT", 0});
  settle();
  CHECK(helper->snapshot().counters.datasource_commands == 3);
  CHECK(helper->snapshot().counters.unknown_commands == 0);
  REQUIRE(services.messages.size() == 1);
  CHECK(services.messages[0].find("KDSDATAREPORT\": this daemon does not capture packets") != std::string::npos);
  CHECK(state() == HelperState::ready);
}
