#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;
using namespace std::chrono_literals;

namespace {

HttpdSettings hasty() {
  HttpdSettings settings;
  settings.header_timeout = settings.body_timeout = settings.idle_timeout = 150ms;
  settings.linger_timeout = 150ms;
  return settings;
}

/// Descriptors of this process, as few as it has and no more.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a connection on which nothing is sent is closed without a word") {
  ServerFixture server(hasty());
  RawClient fresh(server.port());
  CHECK(fresh.is_closed());
  RawClient used(server.port());
  CHECK(used.ask(get("/hello")).status == 200);
  CHECK(used.is_closed());
  CHECK(server.eventually([&] { return server.server().counters().timed_out == 2; }));
}

TEST_CASE("headers or a body that do not come in time are answered 408") {
  ServerFixture server(hasty());
  RawClient head(server.port());
  CHECK(head.ask("GET /hello HTTP/1.1\r\nHost: loc").status == 408);
  CHECK(head.is_closed());
  RawClient body(server.port());
  CHECK(body.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf").status == 408);
  CHECK(body.is_closed());
}

TEST_CASE("a client that drips its headers or body byte by byte does not get more time for it") {
  ServerFixture server(hasty());
  for (const std::string start :
       {"GET /hello HTTP/1.1\r\nX: ", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n"}) {
    RawClient client(server.port());
    client.send(start);
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < 10s && client.send("x")) {
      std::this_thread::sleep_for(5ms);
      if (server.notes().count("done GET  408 0") > 0) break;
      if (client.has_input()) break;
    }
    CHECK(client.read_answer().status == 408);
  }
}

TEST_CASE("connections over the limit, in all or of an address, are answered 503") {
  HttpdSettings settings;
  SECTION("in all") {
    settings.connections = 2;
  }
  SECTION("of an address") {
    settings.connections_per_address = 2;
  }
  ServerFixture server(settings);
  RawClient first(server.port());
  auto second = std::make_unique<RawClient>(server.port());
  CHECK(first.ask(get("/hello")).status == 200);
  CHECK(second->ask(get("/hello")).status == 200);
  RawClient third(server.port());
  const RawAnswer busy = third.read_answer();
  CHECK(busy.status == 503);
  CHECK(busy.header("retry-after") == "1");
  CHECK(busy.complete);
  CHECK(third.is_closed());
  CHECK(server.server().counters().refused_connections == 1);
  second.reset();
  CHECK(server.eventually([&] { return server.server().counters().open_connections == 1; }));
  CHECK(server.eventually([&] { return RawClient(server.port()).ask(get("/hello")).status == 200; }));
}

TEST_CASE("a trusted proxy has no limit of its own") {
  HttpdSettings settings;
  settings.connections_per_address = 1;
  settings.trusted_proxies = {"127.0.0.0/8"};
  ServerFixture server(settings);
  RawClient first(server.port());
  RawClient second(server.port());
  CHECK(first.ask(get("/hello")).status == 200);
  CHECK(second.ask(get("/hello")).status == 200);
}

TEST_CASE("when descriptors are used up, clients hear 503, the server says so once, and serves again after that") {
  ServerFixture server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
  for (auto& client : clients) REQUIRE(client->ask(get("/hello")).status == 200);
  // The clients' own sockets take descriptors too: they are made before, and connected after, the limit falls.
  std::vector<std::unique_ptr<RawClient>> late;
  for (int i = 0; i < 3; ++i) late.push_back(std::make_unique<RawClient>());
  {
    const NoDescriptors none;
    for (auto& client : late) {
      client->connect(server.port());
      CHECK(client->read_answer().status == 503);
    }
    CHECK(server.notes().count("cannot accept web connections: Too many open files") == 1);
    for (auto& client : clients) CHECK(client->ask(get("/hello")).status == 200);
  }
  CHECK(server.eventually([&] { return RawClient(server.port()).ask(get("/hello")).status == 200; }));
}

TEST_CASE("many pipelined requests of one client do not keep another waiting for ever") {
  HttpdSettings settings;
  settings.requests_per_turn = 2;
  ServerFixture server(settings);
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += get("/hello");
  RawClient greedy(server.port());
  RawClient modest(server.port());
  greedy.send(flood);
  CHECK(modest.ask(get("/hello")).status == 200);
  for (int i = 0; i < 2000; ++i) REQUIRE(greedy.read_answer().status == 200);
}

TEST_CASE(
    "stopping ends idle connections at once, lets answers be finished, and cuts what takes longer than the grace") {
  HttpdSettings settings;
  settings.stop_grace = 400ms;
  ServerFixture server(settings, 2);
  RawClient idle(server.port());
  CHECK(idle.ask(get("/hello")).status == 200);
  RawClient streaming(server.port());
  RawClient endless(server.port());
  streaming.send(get("/stream"));
  endless.send(get("/stream"));
  REQUIRE(server.notes().wait_for("streaming", 2));
  std::thread stopper([&] { server.stop(); });
  CHECK(idle.is_closed());
  streaming.close();
  CHECK_FALSE(endless.read_answer().complete);
  stopper.join();
  CHECK(server.server().counters().open_connections == 0);
  CHECK_FALSE(RawClient(server.port()).connected());
}

TEST_CASE("a server that stops finishes the answer that it is giving") {
  ServerFixture server;
  RawClient client(server.port());
  client.send(get("/stream"));
  REQUIRE(server.notes().wait_for("streaming"));
  std::thread stopper([&] { server.stop(); });
  CHECK(server.eventually([&] { return !RawClient(server.port()).connected(); }));
  server.tell("last words");
  server.tell("end");
  const RawAnswer answer = client.read_answer();
  CHECK(answer.complete);
  CHECK(answer.body == "last words\n");
  CHECK(client.is_closed());
  stopper.join();
}
