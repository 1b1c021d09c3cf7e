#include <catch2/catch.hpp>

#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;
using namespace std::chrono_literals;

TEST_CASE("a request is answered in one piece, and the connection stays for the next") {
  ServerFixture server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const RawAnswer answer = client.ask(get("/hello"));
    CHECK(answer.status == 200);
    CHECK(answer.body == "Hello, world!");
    CHECK(answer.header("content-length") == "13");
    CHECK(answer.header("content-type") == "text/plain");
    CHECK(answer.header("server") == "Kismet");
    CHECK(answer.header("date").ends_with(" GMT"));
    CHECK(answer.header("connection").empty());
  }
  CHECK(server.notes().wait_for("done GET /hello 200 13", 3));
}

TEST_CASE("pipelined requests are answered in order, also when they come byte by byte") {
  ServerFixture server;
  std::string all;
  for (int i = 0; i < 50; ++i) all += get("/echo?n=" + std::to_string(i));
  for (const bool slowly : {false, true}) {
    RawClient client(server.port());
    REQUIRE((slowly ? client.send_slowly(all) : client.send(all)));
    for (int i = 0; i < 50; ++i) {
      const RawAnswer answer = client.read_answer();
      REQUIRE(answer.status == 200);
      REQUIRE(answer.body.find("n=" + std::to_string(i) + "\n") != std::string::npos);
    }
  }
}

TEST_CASE("a body arrives whole, by length and in chunks, at once and byte by byte") {
  ServerFixture server;
  const std::string by_length =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "11\r\n\r\na=1&b=x+%26";
  const std::string in_chunks =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Transfer-Encoding: chunked\r\n\r\n4\r\na=1&\r\n7;ext=\"a b\"\r\nb=x+%26\r\n0\r\nTrailer: dropped\r\n\r\n";
  for (const std::string& request : {by_length, in_chunks}) {
    RawClient client(server.port());
    for (const bool slowly : {false, true}) {
      REQUIRE((slowly ? client.send_slowly(request) : client.send(request)));
      const RawAnswer answer = client.read_answer();
      CHECK(answer.status == 200);
      CHECK(answer.body.find("a=1\nb=x &\n") != std::string::npos);
      CHECK(answer.body.ends_with("\na=1&b=x+%26"));
    }
  }
}

TEST_CASE("a helper's handler sees its URI as it was registered, however the client escapes it") {
  const auto say_path = [](const Request& request, ResponseWriter& out) -> Task<void> {
    const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
    co_await out.send(head, request.path);
  };
  ServerFixture server;
  server.route(Route{.method = "GET",
                     .pattern = "/demo/page.html",
                     .role = "none",
                     .owner = "demo",
                     .literal = true,
                     .handler = std::make_shared<FunctionHandler>(say_path)});
  RawClient client(server.port());
  for (const char* path : {"/demo/page.html", "//demo/page.html", "/demo/%70age.html"}) {
    CHECK(client.ask(get(path)).body == "/demo/page.html");
  }
}

TEST_CASE("routes have roles: none, any login, one role, admin") {
  ServerFixture server;
  RawClient client(server.port());
  const std::string admin = "Cookie: KISMET=admin-token\r\n";
  const std::string reader = "Cookie: KISMET=reader-token\r\n";
  CHECK(client.ask(get("/secret")).status == 401);
  CHECK(client.ask(get("/secret", reader)).body == "reader/readonly");
  CHECK(client.ask(get("/secret", admin)).body == "root/admin");
  CHECK(client.ask(get("/any", reader)).status == 200);
  CHECK(client.ask(get("/any")).status == 401);
  const std::string post = "POST /admin-only HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n";
  CHECK(client.ask(post + admin + "\r\n").status == 200);
  CHECK(client.ask(post + reader + "\r\n").status == 403);
  const RawAnswer slow_down = client.ask(get("/any", "Cookie: KISMET=guessing\r\n"));
  CHECK(slow_down.status == 429);
  CHECK(slow_down.header("retry-after") == "7");
  const RawAnswer basic = client.ask(get("/any", "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n"));
  CHECK(basic.status == 200);
  CHECK(basic.header("set-cookie").starts_with("KISMET=admin-token"));
  CHECK(client.ask(get("/any", "Authorization: Basic bm9ib2R5Og==\r\n")).status == 401);
}

TEST_CASE("only wget is told how to log in, since a browser would ask by itself") {
  ServerFixture server;
  RawClient client(server.port());
  CHECK(client.ask(get("/any")).header("www-authenticate").empty());
  CHECK(client.ask(get("/any", "User-Agent: Wget/1.21\r\n")).header("www-authenticate") == "Basic realm=\"Kismet\"");
}

TEST_CASE("HEAD, OPTIONS, a wrong method and a wrong path are answered as HTTP wants") {
  ServerFixture server;
  RawClient client(server.port());
  const RawAnswer head = client.ask("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "13");
  const RawAnswer options = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(options.status == 204);
  CHECK(options.header("allow") == "GET, HEAD, OPTIONS, POST, PUT");
  CHECK(client.ask("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 204);
  const RawAnswer wrong = client.ask("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(wrong.status == 405);
  CHECK(wrong.header("allow") == "GET, HEAD, OPTIONS, POST, PUT");
  CHECK(client.ask(get("/nowhere")).status == 404);
  CHECK(client.ask(get("/hello")).body == "Hello, world!");
}

TEST_CASE("HTTP/1.0 is answered, kept alive when it asks, and streams end with the connection") {
  ServerFixture server;
  RawClient once(server.port());
  CHECK(once.ask("GET /hello HTTP/1.0\r\n\r\n").body == "Hello, world!");
  CHECK(once.is_closed());
  RawClient twice(server.port());
  const std::string kept = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(twice.ask(kept).header("connection") == "keep-alive");
  CHECK(twice.ask(kept).status == 200);
  RawClient streamed(server.port());
  const RawAnswer big = streamed.ask("GET /big HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(big.status == 200);
  CHECK(big.header("connection") == "close");
  CHECK(big.body.size() == 16 * 1024 * 1024);
}

TEST_CASE("a client that waits for 100 Continue is told to go on, or gets its answer at once") {
  ServerFixture server;
  RawClient client(server.port());
  const std::string expects = "Host: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  CHECK(client.ask("POST /echo HTTP/1.1\r\n" + expects).status == 100);
  CHECK(client.ask("body").body.ends_with("\nbody"));
  RawClient refused(server.port());
  CHECK(refused.ask("POST /admin-only HTTP/1.1\r\n" + expects).status == 401);
  CHECK(refused.is_closed());
}

TEST_CASE("a handler that throws or says nothing is answered 500, and the connection goes on") {
  ServerFixture server;
  RawClient client(server.port());
  CHECK(client.ask(get("/throw")).status == 500);
  CHECK(client.ask(get("/silent")).status == 500);
  CHECK(client.ask(get("/hello")).status == 200);
  CHECK(server.notes().count("failed GET /throw: on purpose") == 1);
  CHECK(server.server().counters().handler_failures == 1);
}

TEST_CASE("a large answer arrives whole") {
  ServerFixture server;
  RawClient client(server.port());
  const RawAnswer answer = client.ask(get("/big"));
  CHECK(answer.complete);
  CHECK(answer.body.size() == 16 * 1024 * 1024);
  CHECK(answer.header("transfer-encoding") == "chunked");
  CHECK(client.ask("HEAD /big HTTP/1.1\r\nHost: localhost\r\n\r\n", true).status == 200);
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("many clients on four loops are all served") {
  ServerFixture server({}, 4);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients) REQUIRE(client->send(get("/hello")));
    for (auto& client : clients) REQUIRE(client->read_answer().body == "Hello, world!");
  }
  CHECK(server.eventually([&] { return server.server().counters().requests == 64 * 20; }));
  clients.clear();
  CHECK(server.eventually([&] { return server.server().counters().open_connections == 0; }));
}

namespace {

Task<void> promise_five(const Request& request, ResponseWriter& out) {
  ChainedBuffer body;
  out.start_sized({200, "text/plain", {}}, 5);
  body.append(request.query == "long" ? "12345HTTP/1.1 200 OK\r\n\r\n" : request.query == "short" ? "1234" : "12345");
  const bool written = co_await out.write(body);
  if (written) co_await out.finish();
}

}  // namespace

TEST_CASE("an answer is as long as it was promised, or ends its connection") {
  ServerFixture server;
  server.route("GET", "/five", "none", promise_five);
  RawClient client(server.port());
  const RawAnswer right = client.ask(get("/five"));
  CHECK(right.header("content-length") == "5");
  CHECK(right.body == "12345");

  CHECK(client.ask(get("/five"), false).complete);
  const RawAnswer longer = client.ask(get("/five?long"));
  CHECK_FALSE(longer.complete);
  CHECK(longer.body.empty());
  RawClient other(server.port());
  const RawAnswer shorter = other.ask(get("/five?short"));
  CHECK_FALSE(shorter.complete);
  CHECK(shorter.body == "1234");
  CHECK(other.is_closed());
}
