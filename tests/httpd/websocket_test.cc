#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "base/task_group.h"
#include "httpd/websocket_handler.h"
#include "tests/httpd/memory_stream.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/websocket_client.h"

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

HttpdSettings quick() {
  HttpdSettings settings;
  settings.websocket_message_limit = 100'000;
  settings.websocket_close = 300ms;
  settings.linger_timeout = 300ms;
  return settings;
}

struct Fixture {
  explicit Fixture(const HttpdSettings& settings = quick(), SlowClient slow = SlowClient::drop) : server(settings) {
    const auto add = [this](const char* path, const char* role, std::shared_ptr<Handler> handler) {
      server.route(
          Route{.method = "GET", .pattern = path, .role = role, .owner = {}, .literal = false, .handler = handler});
    };
    add("/echo.ws", "none", std::make_shared<EchoSocket>());
    add("/parrot.ws", "none", std::make_shared<Parrot>(server.notes(), slow));
    add("/story.ws", "none", std::make_shared<Storyteller>(server.notes()));
    add("/private.ws", "readonly", std::make_shared<EchoSocket>());
  }
  ServerFixture server;
};

std::string handshake(std::string_view lines, std::string_view request_line = "GET /echo.ws HTTP/1.1") {
  return std::string(request_line) + "\r\n" + std::string(lines) + "\r\n";
}

}  // namespace

TEST_CASE("a websocket handshake is accepted or refused for what it says") {
  const std::string host = "Host: localhost\r\n";
  const std::string upgrade = "Upgrade: websocket\r\n";
  const std::string connection = "Connection: Upgrade\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  struct Case {
    const char* what;
    std::string bytes;
    int status;
  };
  const std::vector<Case> cases = {
      {"as RFC 6455 has it", handshake(host + upgrade + connection + key + version), 101},
      {"names and tokens in another case",
       handshake(host + "UPGRADE: WebSocket\r\nconnection: upgrade\r\n" + key + version), 101},
      {"Connection as a list (Firefox)",
       handshake(host + upgrade + "Connection: keep-alive, Upgrade\r\n" + key + version), 101},
      {"offers extensions and protocols",
       handshake(host + upgrade + connection + key + version +
                 "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n"),
       101},
      {"of the same origin", handshake(host + upgrade + connection + key + version + "Origin: http://localhost\r\n"),
       101},
      {"of a foreign origin",
       handshake(host + upgrade + connection + key + version + "Origin: http://evil.example\r\n"), 403},
      {"of a sandboxed page", handshake(host + upgrade + connection + key + version + "Origin: null\r\n"), 403},
      {"without Upgrade", handshake(host + connection + key + version), 426},
      {"another Upgrade", handshake(host + "Upgrade: h2c\r\n" + connection + key + version), 426},
      {"without Connection", handshake(host + upgrade + key + version), 400},
      {"Connection without upgrade", handshake(host + upgrade + "Connection: keep-alive\r\n" + key + version), 400},
      {"without key", handshake(host + upgrade + connection + version), 400},
      {"a short key", handshake(host + upgrade + connection + "Sec-WebSocket-Key: c2hvcnQ=\r\n" + version), 400},
      {"a key that is no base64",
       handshake(host + upgrade + connection + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n" + version), 400},
      {"two keys", handshake(host + upgrade + connection + key + key + version), 400},
      {"without version", handshake(host + upgrade + connection + key), 426},
      {"version 8", handshake(host + upgrade + connection + key + "Sec-WebSocket-Version: 8\r\n"), 426},
      {"HTTP/1.0", handshake(host + upgrade + connection + key + version, "GET /echo.ws HTTP/1.0"), 400},
      {"POST",
       handshake(host + upgrade + connection + key + version + "Content-Length: 0\r\n", "POST /echo.ws HTTP/1.1"), 405},
      {"with a body", handshake(host + upgrade + connection + key + version + "Content-Length: 2\r\n") + "hi", 400},
      {"without Host", handshake(upgrade + connection + key + version), 400},
      {"without a login", handshake(host + upgrade + connection + key + version, "GET /private.ws HTTP/1.1"), 401},
      {"with a login",
       handshake(host + upgrade + connection + key + version + "Cookie: KISMET=reader-token\r\n",
                 "GET /private.ws HTTP/1.1"),
       101},
      {"at a path that is none", handshake(host + upgrade + connection + key + version, "GET /nothing.ws HTTP/1.1"),
       404},
  };
  Fixture fixture;
  for (const Case& c : cases) {
    INFO(c.what);
    RawClient client(fixture.server.port());
    const RawAnswer answer = client.ask(c.bytes);
    CHECK(answer.status == c.status);
    if (c.status == 101) {
      CHECK(answer.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      CHECK(answer.header("sec-websocket-extensions").empty());
    }
    if (c.status == 426) CHECK(answer.header("sec-websocket-version") == "13");
  }
}

TEST_CASE("frames are answered or end the websocket with the code that RFC 6455 gives") {
  struct Case {
    const char* what;
    std::vector<Frame> frames;
    int close;         // The server's close code; 0: it goes on.
    std::string echo;  // What comes back first, if not empty.
  };
  const std::string euro = "\xe2\x82\xac";
  const std::vector<Case> cases = {
      {"text", {{1, "hello"}}, 0, "hello"},
      {"empty text", {{1, ""}, {1, "after"}}, 0, ""},
      {"binary", {{2, std::string("\0\xff\xfe", 3)}}, 0, std::string("\0\xff\xfe", 3)},
      {"125 bytes", {{1, std::string(125, 'a')}}, 0, std::string(125, 'a')},
      {"126 bytes", {{1, std::string(126, 'a')}}, 0, std::string(126, 'a')},
      {"65535 bytes", {{1, std::string(65535, 'a')}}, 0, std::string(65535, 'a')},
      {"65536 bytes", {{1, std::string(65536, 'a')}}, 0, std::string(65536, 'a')},
      {"the limit", {{2, std::string(100'000, 'b')}}, 0, std::string(100'000, 'b')},
      {"over the limit", {{2, std::string(100'001, 'b')}}, 1009, ""},
      {"over the limit in pieces", {{2, std::string(60'000, 'b'), false}, {0, std::string(60'000, 'b')}}, 1009, ""},
      {"in two pieces", {{1, "hel", false}, {0, "lo"}}, 0, "hello"},
      {"in three pieces", {{1, "h", false}, {0, "el", false}, {0, "lo"}}, 0, "hello"},
      {"an empty first piece", {{1, "", false}, {0, "hello"}}, 0, "hello"},
      {"all pieces empty", {{1, "", false}, {0, "", false}, {0, ""}, {1, "after"}}, 0, ""},
      {"a ping between pieces", {{1, "hel", false}, {9, "p"}, {0, "lo"}}, 0, "hello"},
      {"a pong nobody asked for", {{10, "x"}, {1, "hello"}}, 0, "hello"},
      {"a character cut by the pieces", {{1, euro.substr(0, 1), false}, {0, euro.substr(1)}}, 0, euro},
      {"four-byte character", {{1, "\xf0\x9f\x98\x80"}}, 0, "\xf0\x9f\x98\x80"},
      {"last code point", {{1, "\xf4\x8f\xbf\xbf"}}, 0, "\xf4\x8f\xbf\xbf"},
      {"not masked", {{.opcode = 1, .payload = "hi", .masked = false}}, 1002, ""},
      {"RSV1", {{.opcode = 1, .payload = "hi", .reserved = 4}}, 1002, ""},
      {"RSV2", {{.opcode = 1, .payload = "hi", .reserved = 2}}, 1002, ""},
      {"RSV3", {{.opcode = 1, .payload = "hi", .reserved = 1}}, 1002, ""},
      {"RSV1 on a ping", {{.opcode = 9, .payload = "", .reserved = 4}}, 1002, ""},
      {"opcode 3", {{3, "x"}}, 1002, ""},
      {"opcode 4", {{4, "x"}}, 1002, ""},
      {"opcode 7", {{7, "x"}}, 1002, ""},
      {"opcode 11", {{11, "x"}}, 1002, ""},
      {"opcode 12", {{12, "x"}}, 1002, ""},
      {"opcode 15", {{15, "x"}}, 1002, ""},
      {"a continuation of nothing", {{0, "x"}}, 1002, ""},
      {"a continuation that is not last, of nothing", {{0, "x", false}}, 1002, ""},
      {"a new message inside another", {{1, "x", false}, {1, "y"}}, 1002, ""},
      {"a binary message inside a text", {{1, "x", false}, {2, "y"}}, 1002, ""},
      {"a ping in pieces", {{9, "x", false}}, 1002, ""},
      {"a pong in pieces", {{10, "x", false}}, 1002, ""},
      {"a close in pieces", {{8, close_payload(1000), false}}, 1002, ""},
      {"a ping of 126 bytes", {{9, std::string(126, 'p')}}, 1002, ""},
      {"a close of 126 bytes", {{8, close_payload(1000, std::string(124, 'r'))}}, 1002, ""},
      {"a length longer than it need be, 16 bit", {{.opcode = 1, .payload = "hi", .length_bytes = 2}}, 1002, ""},
      {"a length longer than it need be, 64 bit", {{.opcode = 1, .payload = "hi", .length_bytes = 8}}, 1002, ""},
      {"bad UTF-8", {{1, "\xff"}}, 1007, ""},
      {"UTF-8 that ends early", {{1, euro.substr(0, 2)}}, 1007, ""},
      {"overlong UTF-8", {{1, "\xc0\xaf"}}, 1007, ""},
      {"a surrogate", {{1, "\xed\xa0\x80"}}, 1007, ""},
      {"past the last code point", {{1, "\xf4\x90\x80\x80"}}, 1007, ""},
      {"bad UTF-8 in a second piece", {{1, "ok", false}, {0, "\xfe"}}, 1007, ""},
      {"a lone continuation byte", {{1, "\x80"}}, 1007, ""},
      {"binary need be no UTF-8", {{2, "\xff"}}, 0, "\xff"},
      {"close without code", {{8, ""}}, 1005, ""},
      {"close 1000", {{8, close_payload(1000)}}, 1000, ""},
      {"close 1001", {{8, close_payload(1001, "bye")}}, 1001, ""},
      {"close 1011", {{8, close_payload(1011)}}, 1011, ""},
      {"close 3000", {{8, close_payload(3000)}}, 3000, ""},
      {"close 4999", {{8, close_payload(4999)}}, 4999, ""},
      {"close with half a code", {{8, "\x03"}}, 1002, ""},
      {"close 0", {{8, close_payload(0)}}, 1002, ""},
      {"close 999", {{8, close_payload(999)}}, 1002, ""},
      {"close 1004", {{8, close_payload(1004)}}, 1002, ""},
      {"close 1005", {{8, close_payload(1005)}}, 1002, ""},
      {"close 1006", {{8, close_payload(1006)}}, 1002, ""},
      {"close 1015", {{8, close_payload(1015)}}, 1002, ""},
      {"close 1016", {{8, close_payload(1016)}}, 1002, ""},
      {"close 2999", {{8, close_payload(2999)}}, 1002, ""},
      {"close 5000", {{8, close_payload(5000)}}, 1002, ""},
      {"close with a reason that is no UTF-8", {{8, close_payload(1000, "\xff")}}, 1007, ""},
      {"close with the longest reason", {{8, close_payload(1000, std::string(123, 'r'))}}, 1000, ""},
      {"a message, then close", {{1, "hello"}, {8, close_payload(1000)}}, 1000, "hello"},
      {"close in the middle of a message", {{1, "x", false}, {8, close_payload(1000)}}, 1000, ""},
  };
  REQUIRE(cases.size() >= 60);
  Fixture fixture;
  for (const bool slowly : {false, true}) {
    for (const Case& c : cases) {
      INFO(c.what << (slowly ? ", byte by byte" : ""));
      WebSocketClient client(fixture.server.port(), "/echo.ws");
      REQUIRE(client.open().status == 101);
      std::string bytes;
      for (const Frame& frame : c.frames) bytes += frame.bytes();
      if (slowly && bytes.size() > 1000) continue;
      slowly ? client.raw().send_slowly(bytes) : client.raw().send(bytes);
      if (!c.echo.empty()) {
        ReceivedFrame frame = client.receive();
        while (frame.opcode >= 8 && frame.opcode != 8) frame = client.receive();
        CHECK(frame.payload == c.echo);
        CHECK_FALSE(frame.masked);
        CHECK(frame.reserved == 0);
      }
      if (c.close != 0) {
        CHECK(client.wait_for_close() == c.close);
        CHECK(client.raw().is_closed());
      } else {
        CHECK(client.send({9, "still there?"}));
        ReceivedFrame frame = client.receive();
        while (frame.valid && (frame.opcode != 10 || frame.payload != "still there?")) frame = client.receive();
        CHECK(frame.valid);
      }
    }
  }
}

TEST_CASE("the frame behind the handshake in the same segment is not lost") {
  Fixture fixture;
  RawClient client(fixture.server.port());
  const std::string bytes = handshake(
      "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n");
  CHECK(client.ask(bytes + Frame{1, "early"}.bytes()).status == 101);
  CHECK(client.read_until("early"));
}

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
  HttpdSettings settings = quick();
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
    Fixture fixture(quick(), slow);
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
