#include "httpd/route_stats.h"

#include <catch2/catch.hpp>

#include "httpd/websocket_handler.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/websocket_client.h"

using namespace kismet;
using namespace kismet::test;

namespace {

/// A route of `server` that counts.
std::shared_ptr<RouteStats> counted(ServerFixture& server, const std::string& path, const std::string& role,
                                    FunctionHandler::Function function) {
  const auto stats = std::make_shared<RouteStats>(server.loops().size());
  server.route(Route{.method = "GET",
                     .pattern = path,
                     .role = role,
                     .owner = {},
                     .literal = false,
                     .handler = std::make_shared<FunctionHandler>(std::move(function)),
                     .stats = stats});
  return stats;
}

Task<void> say(ResponseWriter& out, unsigned status) {
  const ResponseHead head{status, "text/plain", {}};
  co_await out.send(head, std::string_view("x"));
}

FunctionHandler::Function answers(unsigned status) {
  return [status](const Request&, ResponseWriter& out) { return say(out, status); };
}

Task<void> cut(ResponseWriter& out) {
  ChainedBuffer body;
  body.append("the first half");
  const ResponseHead head{200, "text/plain", {}};
  out.start(head);
  co_await out.write(body);
  out.abort();
}

Task<void> begin_and_wait(ResponseWriter& out) {
  ChainedBuffer nothing;
  const ResponseHead head{200, "text/plain", {}};
  out.start(head);
  co_await out.write(nothing);
  while (!out.client_gone()) co_await out.wakeup().wait();
}

}  // namespace

TEST_CASE("a route counts its requests, its failures and its times") {
  ServerFixture server;
  const auto good = counted(server, "/good", "none", answers(404));
  const auto bad = counted(server, "/bad", "none", answers(503));
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    CHECK(client.ask(get("/good")).status == 404);
  }
  CHECK(client.ask(get("/bad")).status == 503);
  REQUIRE(server.eventually([&] { return bad->sum().latency.count == 1; }));
  CHECK(good->sum().hits == 3);
  CHECK(good->sum().errors == 0);
  CHECK(good->sum().latency.count == 3);
  CHECK(good->sum().open == 0);
  CHECK(bad->sum().errors == 1);
}

TEST_CASE("a request that was not let in is none of its route's") {
  ServerFixture server;
  const auto stats = counted(server, "/mine", "admin", answers(200));
  RawClient client(server.port());
  CHECK(client.ask(get("/mine")).status == 401);
  CHECK(client.ask(get("/hello")).status == 200);
  CHECK(stats->sum().hits == 0);
}

TEST_CASE("an answer that its handler cuts off is a failure of its route") {
  ServerFixture server;
  const auto stats = counted(server, "/cut", "none", [](const Request&, ResponseWriter& out) { return cut(out); });
  RawClient client(server.port());
  client.send(get("/cut"));
  REQUIRE(server.eventually([&] { return stats->sum().errors == 1; }));
}

TEST_CASE("an answer that its client leaves is no failure of its route") {
  ServerFixture server;
  const auto stats =
      counted(server, "/waits", "none", [](const Request&, ResponseWriter& out) { return begin_and_wait(out); });
  {
    RawClient leaver(server.port());
    leaver.send(get("/waits"));
    REQUIRE(leaver.read_until("\r\n\r\n"));
    CHECK(stats->sum().open == 1);
    leaver.reset();
  }
  REQUIRE(server.eventually([&] { return stats->sum().open == 0; }));
  CHECK(stats->sum().hits == 1);
  CHECK(stats->sum().errors == 0);
  CHECK(stats->sum().latency.count == 1);
}

TEST_CASE("requests are counted on each loop and added up") {
  ServerFixture server({}, 3);
  const auto stats = counted(server, "/good", "none", answers(200));
  for (int i = 0; i < 6; ++i) {
    RawClient client(server.port());
    CHECK(client.ask(get("/good")).status == 200);
  }
  CHECK(stats->sum().hits == 6);
}

TEST_CASE("an open websocket is counted while it is open") {
  ServerFixture server;
  server.route(Route{.method = "GET",
                     .pattern = "/echo.ws",
                     .role = "none",
                     .owner = {},
                     .literal = false,
                     .handler = std::make_shared<EchoSocket>()});
  const auto open = [&server] { return server.server().counters().open_websockets; };
  CHECK(open() == 0);
  {
    WebSocketClient client(server.port(), "/echo.ws");
    REQUIRE(client.open().status == 101);
    REQUIRE(server.eventually([&] { return open() == 1; }));
  }
  REQUIRE(server.eventually([&] { return open() == 0; }));
  CHECK(server.server().counters().websockets == 1);
}
