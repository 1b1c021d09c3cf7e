#include "server/remote_socket.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "external/codec.h"
#include "external/remote_helper.h"
#include "httpd/listen_address.h"
#include "server/remote_listener.h"
#include "tests/external/session_fixture.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/websocket_client.h"
#include "tests/support/loop_until.h"

using namespace kismet;
using namespace kismet::test;

namespace {

const std::string kAdmin = "Cookie: KISMET=admin-token\r\n";

/// A web server, a TCP listener, and a helper "far" that may come by either; it lives on the first loop.
struct Site {
  explicit Site(std::size_t loops = 1) : server({}, loops) {
    definition.name = "far";
    definition.transport = HelperTransport::remote;
    definition.ping_interval = std::chrono::milliseconds{0};
    server.on_loop([this] {
      Loop& first = server.loops().first();
      services = std::make_unique<testing::FakeServices>(events, first.get_executor());
      helper = std::make_unique<RemoteHelper>(first, definition, RemoteHelper::Parts{*services, messages, {}, {}});
      helper->on_change([this](const HelperLife& life, const HelperChange&) {
        server.notes().add(std::string(to_string(life.state())));
      });
      door = std::make_unique<RemoteDoor>(first, messages, RemoteSettings{}, [this](const std::string& name) {
        return name == "far" ? helper.get() : nullptr;
      });
      poller = std::make_unique<Poller>(first);
      ListenAddress address;
      address.port = 0;
      Listening listening = open_listener(address);
      tcp_port = listening.port;
      listener =
          std::make_unique<RemoteListener>(*door, messages, *poller, std::move(listening.socket), StreamWrapper());
      helper->start();
    });
    for (const Route& route : remote_routes(*door, 64 * 1024)) server.route(route);
  }
  ~Site() {
    server.on_loop([this] { helper->request_stop("test over"); });
    server.notes().wait_for("stopped");
    server.stop();
    server.on_loop([this] {
      listener->close();
      helper.reset();
      door.reset();
      listener.reset();
      poller.reset();
    });
  }

  Clock clock;
  EventBus events{clock};
  MessageBus messages{clock, events};
  HelperDefinition definition;
  ServerFixture server;
  std::unique_ptr<testing::FakeServices> services;
  std::unique_ptr<RemoteHelper> helper;
  std::unique_ptr<RemoteDoor> door;
  std::unique_ptr<Poller> poller;
  std::unique_ptr<RemoteListener> listener;
  std::uint16_t tcp_port = 0;
};

std::string frame(const wire::Command& command, std::uint32_t seqno = 1) {
  std::string bytes;
  wire::codec_v2().encode(command, wire::Seqno{seqno}, 1 << 20, bytes);
  return bytes;
}

/// The frame that `bytes` are, and nothing more.
wire::Decoded whole(const std::string& bytes) {
  wire::FrameParser parser(1 << 20);
  const wire::Parsed parsed = parser.next(bytes);
  const auto* found = std::get_if<wire::Frame>(&parsed);
  REQUIRE(found);
  REQUIRE(found->size == bytes.size());
  return wire::codec_v2().decode(*found);
}

}  // namespace

TEST_CASE("over a websocket each frame to the helper is a binary message, whatever the helper's messages hold") {
  Site site(GENERATE(1U, 2U, 3U));
  WebSocketClient client(site.server.port(), "/external/helper.ws");
  REQUIRE(client.open(kAdmin).status == 101);
  const std::string hello = frame(wire::SystemRegister{"far"});
  client.send({.opcode = 2, .payload = hello.substr(0, 20)});
  client.send({.opcode = 2, .payload = hello.substr(20) + frame(wire::Ping{}, 7) + frame(wire::Ping{}, 8)});
  client.send({.opcode = 2, .payload = frame(wire::Ping{}, 9)});
  for (const std::uint32_t number : {7U, 8U, 9U}) {
    const ReceivedFrame message = client.receive();
    CHECK(message.opcode == 2);
    CHECK(message.fin);
    const wire::Decoded decoded = whole(message.payload);
    REQUIRE(std::holds_alternative<wire::Pong>(decoded.command));
    CHECK(std::get<wire::Pong>(decoded.command).ping.value == number);
  }
  CHECK(site.server.notes().wait_for("ready"));
  client.raw().close();
  CHECK(site.server.notes().wait_for("gone"));
}

TEST_CASE("stopping a helper over a websocket says SHUTDOWN and closes in order") {
  Site site(GENERATE(1U, 2U));
  WebSocketClient client(site.server.port(), "/datasource/remote/remotesource.ws");
  REQUIRE(client.open(kAdmin).status == 101);
  client.send({.opcode = 2, .payload = frame(wire::SystemRegister{"far"})});
  REQUIRE(site.server.notes().wait_for("ready"));
  site.server.on_loop([&site] { site.helper->request_stop("enough"); });
  const wire::Decoded decoded = whole(client.receive().payload);
  REQUIRE(std::holds_alternative<wire::Shutdown>(decoded.command));
  CHECK(client.wait_for_close() == 1000);
}

TEST_CASE("a helper's websocket takes binary messages alone") {
  Site site;
  WebSocketClient client(site.server.port(), "/external/helper.ws");
  REQUIRE(client.open(kAdmin).status == 101);
  client.send_text("hello");
  CHECK(client.wait_for_close() == 1003);
}

TEST_CASE("a helper's websocket is for helpers") {
  Site site;
  WebSocketClient reader(site.server.port(), "/external/helper.ws");
  CHECK(reader.open("Cookie: KISMET=reader-token\r\n").status == 403);
  WebSocketClient nobody(site.server.port(), "/external/helper.ws");
  CHECK(nobody.open().status == 401);
}

TEST_CASE("a helper over TCP is served, a byte at a time and at once") {
  Site site;
  RawClient client(site.tcp_port);
  const std::string said = frame(wire::SystemRegister{"far"}) + frame(wire::Ping{}, 5);
  SECTION("at once") {
    client.send(said);
  }
  SECTION("a byte at a time") {
    client.send_slowly(said);
  }
  std::string answer;
  REQUIRE(client.read_bytes(frame(wire::Pong{{5}}).size(), answer));
  CHECK(std::get<wire::Pong>(whole(answer).command).ping.value == 5);
  client.reset();
  CHECK(site.server.notes().wait_for("gone"));
}

TEST_CASE("who is refused over TCP can read why, though it has sent more than was read") {
  Site site;
  RawClient client(site.tcp_port);
  client.send(frame(wire::SystemRegister{"other"}) + frame(wire::Ping{}, 5));
  std::string answer;
  const std::string expected = frame(wire::Shutdown{"no helper has the subsystem \"other\""});
  REQUIRE(client.read_bytes(expected.size(), answer));
  CHECK(answer == expected);
  CHECK(client.is_closed());
}

TEST_CASE("a listener of helpers that cannot accept says so once, whatever the reason") {
  Clock clock;
  Loop loop(clock);
  EventBus events(clock);
  MessageBus messages(clock, events);
  RemoteDoor door(loop, messages, {}, [](const std::string&) { return nullptr; });
  Poller poller(loop);
  UniqueFd deaf(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));  // It does not listen.
  RemoteListener listener(door, messages, poller, std::move(deaf), {});
  REQUIRE(testing::run_until(loop, [&] { return !messages.recent().empty(); }));
  CHECK(messages.recent()[0].text == "cannot accept connections of helpers: Invalid argument");
  for (int turn = 0; turn < 100; ++turn) loop.context().poll();
  CHECK(messages.recent().size() == 1);
  listener.close();
}
