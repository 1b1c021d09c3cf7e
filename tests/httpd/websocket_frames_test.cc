#include <catch2/catch.hpp>

#include "tests/httpd/websocket_fixture.h"

using namespace kismet;
using namespace kismet::test;

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
  WebSocketFixture fixture;
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
