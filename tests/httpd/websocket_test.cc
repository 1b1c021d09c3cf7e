#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "base/task_group.h"
#include "httpd/websocket_handler.h"
#include "tests/httpd/memory_stream.h"
#include "tests/httpd/websocket_fixture.h"

using namespace kismet;
using namespace kismet::test;
using namespace std::chrono_literals;

namespace {

/// Greets, then says everything twice; "leave" makes it return, "fail" throw.
class Parrot final : public WebSocketHandler {
 public:
  explicit Parrot(Notes& notes, SlowClient slow = SlowClient::drop) : WebSocketHandler(slow), notes_(notes) {}

 protected:
  Task<void> serve(const Request&, WebSocket& socket) override {
    socket.send_text(std::make_shared<const std::string>("hello"));
    for (;;) {
      const std::optional<WebSocketMessage> message = co_await socket.receive();
      if (!message || message->data == "leave") break;
      if (message->data == "fail") throw std::runtime_error("on purpose");
      if (message->data == "close") socket.close(CloseCode::policy, "because");
      if (message->data == "flood") flood(socket);
      socket.send_text(std::make_shared<const std::string>(message->data));
    }
    notes_.add("parrot left");
  }

 private:
  void flood(WebSocket& socket) {
    const auto block = std::make_shared<const std::string>(64 * 1024, 'x');
    for (int i = 0; i < 1000; ++i) socket.send_binary(block);
    if (socket.counters().dropped > 0) notes_.add("dropped");
    if (!socket.is_open()) notes_.add("disconnected");
    if (socket.counters().queued > HttpdSettings{}.websocket_queue_limit) notes_.add("over the limit");
  }

  Notes& notes_;
};

/// Has more to say than a socket holds, and says on whenever the client has caught up.
class Storyteller final : public WebSocketHandler {
 public:
  static constexpr int kBlocks = 200;
  explicit Storyteller(Notes& notes) : notes_(notes) {}

 protected:
  Task<void> serve(const Request&, WebSocket& socket) override {
    int told = 0;
    const auto tell = [&] {
      const auto block = std::make_shared<const std::string>(64 * 1024, 'x');
      while (told < kBlocks && socket.counters().queued == 0) {
        socket.send_binary(block);
        ++told;
      }
    };
    socket.on_drained(tell);
    tell();
    for (bool open = true; open;) {
      const std::optional<WebSocketMessage> message = co_await socket.receive();
      open = message.has_value();
    }
    if (socket.counters().dropped > 0) notes_.add("story with holes");
  }

 private:
  Notes& notes_;
};

struct Fixture : WebSocketFixture {
  explicit Fixture(const HttpdSettings& settings = quick_websockets(), SlowClient slow = SlowClient::drop)
      : WebSocketFixture(settings) {
    add("/parrot.ws", std::make_shared<Parrot>(server.notes(), slow));
    add("/story.ws", std::make_shared<Storyteller>(server.notes()));
  }
};

}  // namespace

TEST_CASE("a handler closes with its code, when it returns with 1000, when it throws with 1011") {
  Fixture fixture;
  const auto say = [&](const char* word) {
    WebSocketClient client(fixture.server.port(), "/parrot.ws");
    REQUIRE(client.open().status == 101);
    CHECK(client.receive().payload == "hello");
    client.send_text(word);
    const int code = client.wait_for_close();
    client.send({8, close_payload(code)});
    CHECK(client.raw().is_closed());
    return code;
  };
  CHECK(say("leave") == 1000);
  CHECK(say("close") == 1008);
  CHECK(say("fail") == 1011);
  CHECK(fixture.server.notes().wait_for("failed GET /parrot.ws: on purpose"));
}

TEST_CASE("a client that never answers the close is dropped after the time limit") {
  Fixture fixture;
  WebSocketClient client(fixture.server.port(), "/parrot.ws");
  REQUIRE(client.open().status == 101);
  client.send_text("leave");
  CHECK(client.wait_for_close() == 1000);
  CHECK(client.raw().is_closed());
  CHECK(fixture.server.eventually([&] { return fixture.server.server().counters().open_connections == 0; }));
}

TEST_CASE("a silent client is pinged, and dropped if it does not answer") {
  HttpdSettings settings = quick_websockets();
  settings.websocket_ping = 100ms;
  Fixture fixture(settings);
  WebSocketClient client(fixture.server.port(), "/echo.ws");
  REQUIRE(client.open().status == 101);
  for (int i = 0; i < 5; ++i) {
    const ReceivedFrame ping = client.receive();
    REQUIRE(ping.opcode == 9);
    client.send({10, ping.payload});
  }
  CHECK(client.receive().opcode == 9);
  CHECK(client.wait_for_close() == 0);
  CHECK(client.raw().is_closed());
}

TEST_CASE("a client that reads nothing loses messages, or its connection, and never the server's memory") {
  for (const SlowClient slow : {SlowClient::drop, SlowClient::disconnect}) {
    Fixture fixture(quick_websockets(), slow);
    WebSocketClient client(fixture.server.port(), "/parrot.ws");
    REQUIRE(client.open().status == 101);
    CHECK(client.receive().payload == "hello");
    client.send_text("flood");
    CHECK(fixture.server.notes().wait_for("dropped"));
    CHECK(fixture.server.notes().count("over the limit") == 0);
    if (slow == SlowClient::drop) {
      CHECK(client.receive().payload.size() == 64 * 1024);
      CHECK(fixture.server.notes().count("disconnected") == 0);
    } else {
      CHECK(client.wait_for_close() == 0);
    }
  }
}

TEST_CASE("a handler that keeps a queue of its own is told when the client has caught up") {
  Fixture fixture;
  WebSocketClient client(fixture.server.port(), "/story.ws");
  REQUIRE(client.open().status == 101);
  int whole = 0;
  for (int i = 0; i < Storyteller::kBlocks; ++i) whole += client.receive().payload.size() == 64 * 1024;
  CHECK(whole == Storyteller::kBlocks);
  CHECK(fixture.server.notes().count("story with holes") == 0);
}

TEST_CASE("a client that sends without pause leaves the loop to others now and then") {
  const Clock clock;
  Loop loop(clock);
  const auto pipe = std::make_shared<MemoryPipe>();
  const std::string pong = Frame{.opcode = 10, .payload = std::string(100, 'x')}.bytes();
  while (pipe->to_server.size() < 1024 * 1024) pipe->to_server += pong;
  const HttpdSettings settings;
  std::vector<char> space(64 * 1024);
  InputBuffer input;
  TaskGroup tasks(loop.get_executor(), {});
  ClientLink link(loop, std::make_unique<MemoryStream>(pipe));
  Upgrade upgrade{
      .link = link, .input = input, .receive_space = space, .settings = settings, .unsent = {}, .on_stop = {}};
  WebSocket socket(upgrade, SlowClient::drop);
  const auto read = [&socket]() -> Task<void> { co_await socket.receive(); };
  tasks.spawn("reader", read());
  std::size_t unread = 0;
  net::post(loop.get_executor(), [&] { unread = pipe->to_server.size(); });
  loop.context().poll();
  CHECK(unread > 0);
  CHECK(pipe->to_server.empty());
}

TEST_CASE("messages without content take their share of the queue's limit") {
  const Clock clock;
  Loop loop(clock);
  const auto pipe = std::make_shared<MemoryPipe>();
  pipe->room = 0;
  HttpdSettings settings;
  settings.websocket_queue_limit = 100'000;
  std::vector<char> space(1024);
  InputBuffer input;
  ClientLink link(loop, std::make_unique<MemoryStream>(pipe));
  Upgrade upgrade{
      .link = link, .input = input, .receive_space = space, .settings = settings, .unsent = {}, .on_stop = {}};
  WebSocket socket(upgrade, SlowClient::drop);
  const auto nothing = std::make_shared<const std::string>();
  for (int i = 0; i < 10'000; ++i) socket.send_text(nothing);
  CHECK(socket.counters().sent > 500);
  CHECK(socket.counters().sent < 5'000);
}

TEST_CASE("a client that vanishes ends its handler") {
  Fixture fixture;
  {
    WebSocketClient client(fixture.server.port(), "/parrot.ws");
    REQUIRE(client.open().status == 101);
    CHECK(client.receive().payload == "hello");
    client.raw().reset();
  }
  CHECK(fixture.server.notes().wait_for("parrot left"));
  CHECK(fixture.server.eventually([&] { return fixture.server.server().counters().open_connections == 0; }));
}

TEST_CASE("when the server stops, websockets are closed with 1001") {
  Fixture fixture;
  WebSocketClient client(fixture.server.port(), "/echo.ws");
  REQUIRE(client.open().status == 101);
  std::thread stopper([&] { fixture.server.stop(); });
  CHECK(client.wait_for_close() == 1001);
  client.send({8, close_payload(1001)});
  stopper.join();
  CHECK(client.raw().is_closed());
}
