#include <catch2/catch.hpp>
#include <random>

#include "httpd/request_parser.h"
#include "tests/httpd/gate_cases.h"
#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;

namespace {

/// Feeds `bytes` to a parser in the pieces that `next_size` says, keeping what is not taken, as a connection does.
template <typename NextSize>
unsigned parse(std::string_view bytes, NextSize next_size) {
  HttpdSettings settings;
  Request request;
  RequestParser parser(request, settings);
  std::string kept;
  while (parser.state() != RequestParser::State::refused && parser.state() != RequestParser::State::complete) {
    const std::size_t taken = parser.put(kept);
    kept.erase(0, taken);
    if (taken > 0 && !kept.empty()) continue;
    if (bytes.empty()) break;
    const std::size_t count = std::min<std::size_t>(next_size(), bytes.size());
    kept.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
  if (parser.state() == RequestParser::State::refused) return parser.refusal().status;
  return parser.state() == RequestParser::State::complete ? 200 : 0;
}

/// What the parser alone makes of a case: the routes' and the origin rules' verdicts come later.
unsigned parser_status(const GateCase& one) {
  return one.fate == Fate::goes_on ? 200 : static_cast<unsigned>(one.status);
}

}  // namespace

TEST_CASE("the gate decides alike however the bytes are cut") {
  const std::vector<GateCase> cases = gate_cases();
  CHECK(cases.size() >= 300);
  std::mt19937 random(7);
  for (const GateCase& one : cases) {
    INFO(one.what << ": " << one.bytes.substr(0, 200));
    // What is smuggled behind may also be what proves the fault.
    const std::string bytes = one.fate == Fate::closed ? one.bytes + get("/smuggled") : one.bytes;
    CHECK(parse(bytes, [&] { return bytes.size(); }) == parser_status(one));
    CHECK(parse(bytes, [] { return 1; }) == parser_status(one));
    for (int i = 0; i < 3; ++i) CHECK(parse(bytes, [&] { return 1 + random() % 40; }) == parser_status(one));
  }
}

TEST_CASE("each malformed, ambiguous or odd request gets its status, and the connection its fate") {
  ServerFixture server;
  server.route("GET", "/smuggled", "none", [](const Request&, ResponseWriter& out) -> Task<void> {
    const ResponseHead head;
    co_await out.send(head, "smuggled");
  });
  for (const GateCase& one : gate_cases()) {
    INFO(one.what << ": " << one.bytes.substr(0, 200));
    RawClient client(server.port());
    client.send(one.bytes + get(one.fate == Fate::closed ? "/smuggled" : "/hello"));
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == one.status);
    if (one.fate == Fate::closed) {
      CHECK(answer.header("connection") == "close");
      CHECK(answer.complete);
      CHECK(answer.body.size() > 10);
      CHECK(client.is_closed());
      CHECK_FALSE(client.was_reset());
    } else {
      CHECK(client.read_answer().body == "Hello, world!");
    }
  }
  for (const char* status : {"200", "400", "404"}) {
    CHECK(server.notes().count(std::string("done GET /smuggled ") + status + " 8") == 0);
  }
}

TEST_CASE("a request that is cut off anywhere is answered by nothing and reaches nobody") {
  ServerFixture server;
  const std::string whole =
      "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RawClient client(server.port());
    client.send(whole.substr(0, size));
    client.finish();
    CHECK(client.read_answer().status == 0);
    CHECK(client.is_closed());
  }
  CHECK(server.server().counters().requests == 0);
}

TEST_CASE("trailers are dropped, so that they cannot stand in for headers") {
  HttpdSettings settings;
  Request request;
  RequestParser parser(request, settings);
  const std::string bytes =
      "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nCookie: a\r\n\r\n";
  const std::size_t head = parser.put(bytes);
  CHECK(parser.put(std::string_view(bytes).substr(head)) == bytes.size() - head);
  CHECK(parser.state() == RequestParser::State::complete);
  CHECK_FALSE(request.headers.has("cookie"));
}
