#include <catch2/catch.hpp>

#include "tests/httpd/websocket_fixture.h"

using namespace kismet;
using namespace kismet::test;

namespace {

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
  WebSocketFixture fixture;
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

TEST_CASE("the frame behind the handshake in the same segment is not lost") {
  WebSocketFixture fixture;
  RawClient client(fixture.server.port());
  const std::string bytes = handshake(
      "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n");
  CHECK(client.ask(bytes + Frame{1, "early"}.bytes()).status == 101);
  CHECK(client.read_until("early"));
}
