#include <catch2/catch.hpp>

#include "httpd/connection_set.h"
#include "tests/httpd/memory_stream.h"
#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;
using namespace std::chrono_literals;

namespace {

Task<void> send_hello(const Request&, ResponseWriter& out) {
  const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
  co_await out.send(head, "Hello, world!");
}

Task<void> stream_three(const Request&, ResponseWriter& out) {
  out.start({.status = 200, .content_type = "text/plain", .headers = {}});
  ChainedBuffer buffer;
  for (const std::size_t size : {1U, 300U, 2000U}) {
    buffer.append(std::string(size, 'x'));
    const bool sent = co_await out.write(buffer);
    if (!sent) co_return;
  }
  co_await out.finish();
}

Task<void> wait_for_leaving(const Request&, ResponseWriter& out) {
  while (!out.client_gone()) co_await out.wakeup().wait();
}

/// A connection in memory, on a loop that the test turns and a clock that it sets.
struct Fixture {
  Fixture() {
    Router& routes = router.local(loops.first());
    add(routes, "GET", "/hello", send_hello);
    add(routes, "POST", "/hello", send_hello);
    add(routes, "GET", "/three", stream_three);
    add(routes, "GET", "/wait", wait_for_leaving);
    hooks.request_done = [this](const Request&, const RequestRecord& record) { records.push_back(record); };
  }

  static void add(Router& routes, const char* method, const char* path, FunctionHandler::Function function) {
    routes.add(Route{.method = method,
                     .pattern = path,
                     .role = "none",
                     .owner = {},
                     .literal = true,
                     .handler = std::make_shared<FunctionHandler>(std::move(function))});
  }

  void connect() {
    context = std::make_unique<HttpdContext>(settings, router, authenticator, hooks);
    set = std::make_unique<ConnectionSet>(loops.first(), *context);
    set->add(std::make_unique<MemoryStream>(pipe), PeerAddress{.peer = {}, .local = {}, .unix_socket = true}, {});
    turn();
  }

  /// Runs all that is to be run now.
  void turn() {
    if (pipe->ready) pipe->ready();
    for (int i = 0; i < 100; ++i) {
      loops.first().context().restart();
      if (loops.first().context().poll() == 0) break;
    }
  }

  void client_sends(std::string_view bytes) {
    pipe->to_server += bytes;
    turn();
  }

  void after(std::chrono::milliseconds time) {
    clock.advance(time);
    loops.first().deadlines().sweep();
    turn();
  }

  std::string answer() { return std::exchange(pipe->to_client, {}); }

  ManualClock clock;
  Loops loops{clock, 1};
  HttpdSettings settings;
  FakeAuthenticator authenticator;
  HttpdHooks hooks;
  std::vector<RequestRecord> records;
  Replicated<Router> router{loops, [](Loop&) { return std::make_shared<Router>(); }};
  std::shared_ptr<MemoryPipe> pipe = std::make_shared<MemoryPipe>();
  std::unique_ptr<HttpdContext> context;
  std::unique_ptr<ConnectionSet> set;
};

const std::string kRequests =
    "POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
    get("/three") + "HEAD /three HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/nothing") +
    get("/hello", "Connection: close\r\n");

}  // namespace

TEST_CASE_METHOD(Fixture, "answers are the same however little a read gives or a write takes") {
  std::string whole;
  for (const std::size_t size : {64U * 1024U, 100U, 7U, 1U}) {
    pipe = std::make_shared<MemoryPipe>();
    pipe->read_size = pipe->write_size = size;
    connect();
    client_sends(kRequests);
    const std::string all = answer();
    if (whole.empty()) whole = all;
    CHECK(all == whole);
    CHECK(pipe->closed);
    // 100 bytes are several chunks' pieces; the framing must not depend on how they are cut.
    CHECK(all.find("Hello, world!HTTP/1.1 200 OK") != std::string::npos);
    CHECK(all.find("\r\n\r\n1\r\nx\r\n12c\r\n" + std::string(300, 'x') + "\r\n7d0\r\n") != std::string::npos);
  }
}

TEST_CASE_METHOD(Fixture, "answers are the same when the client blocks between any two bytes") {
  connect();
  client_sends(kRequests);
  const std::string whole = answer();
  pipe = std::make_shared<MemoryPipe>();
  pipe->room = 0;
  connect();
  client_sends(kRequests);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(pipe->to_client.size() == i);
    pipe->room = 1;
    turn();
  }
  CHECK(answer() == whole);
}

TEST_CASE_METHOD(Fixture, "whichever read or write fails, the connection ends and no answer is wrong") {
  connect();
  pipe->read_size = 50;
  pipe->write_size = 400;
  client_sends(kRequests);
  const std::string whole = answer();
  const std::size_t operations = pipe->operations;
  REQUIRE(operations > 15);
  for (std::size_t n = 1; n <= operations; ++n) {
    INFO("operation " << n << " fails");
    pipe = std::make_shared<MemoryPipe>();
    pipe->read_size = 50;
    pipe->write_size = 400;
    pipe->fail_at = n;
    connect();
    client_sends(kRequests);
    CHECK(pipe->closed);
    CHECK(whole.starts_with(answer()));
  }
}

TEST_CASE_METHOD(Fixture, "time limits of reading run from the right moment") {
  settings.idle_timeout = 60s;
  settings.header_timeout = 10s;
  settings.body_timeout = 20s;
  settings.body_rate = 10;
  connect();
  SECTION("the first request has the header's limit from the accept on") {
    after(9999ms);
    CHECK_FALSE(pipe->closed);
    after(1ms);
    CHECK(pipe->closed);
    CHECK(answer().empty());
  }
  SECTION("the next one has the idle limit, then the header's from its first byte on") {
    client_sends(get("/hello"));
    answer();
    after(59s);
    client_sends("GET /hel");
    after(9s);
    client_sends("lo");
    CHECK_FALSE(pipe->server_finished);
    after(1s);
    CHECK(answer().starts_with("HTTP/1.1 408"));
    CHECK(pipe->server_finished);
  }
  SECTION("an idle connection ends without a word") {
    client_sends(get("/hello"));
    answer();
    after(60s);
    CHECK(pipe->closed);
    CHECK(answer().empty());
  }
  SECTION("a body has its limit and a second more for each so many bytes") {
    client_sends("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
    after(19s);
    client_sends(std::string(50, 'b'));
    after(5s);
    CHECK_FALSE(pipe->server_finished);
    after(1s);
    CHECK(answer().starts_with("HTTP/1.1 408"));
  }
  SECTION("while a handler works there is none") {
    client_sends(get("/wait"));
    after(1h);
    CHECK_FALSE(pipe->closed);
    pipe->client_gone = true;
    turn();
    CHECK(pipe->closed);
  }
}

TEST_CASE_METHOD(Fixture, "the write time limit runs from the last byte that the client took") {
  settings.write_timeout = 30s;
  connect();
  pipe->room = 100;
  client_sends(get("/three"));
  after(29s);
  pipe->room = 100;
  turn();
  after(29s);
  CHECK_FALSE(pipe->closed);
  after(1s);
  CHECK(pipe->closed);
  REQUIRE(records.size() == 1);
  CHECK_FALSE(records[0].complete);
  HttpdCounters counters;
  set->add_counters(counters);
  CHECK(counters.timed_out == 1);
}

TEST_CASE_METHOD(Fixture, "after its last answer the client has some time and bytes before the connection is closed") {
  settings.linger_timeout = 5s;
  settings.linger_limit = 1000;
  connect();
  client_sends("broken\r\n\r\n");
  CHECK(answer().starts_with("HTTP/1.1 400"));
  CHECK(pipe->server_finished);
  CHECK_FALSE(pipe->closed);
  SECTION("it closes") {
    pipe->client_finished = true;
    turn();
    CHECK(pipe->closed);
  }
  SECTION("it goes on sending") {
    client_sends(std::string(900, 'x'));
    CHECK_FALSE(pipe->closed);
    client_sends(std::string(100, 'x'));
    CHECK(pipe->closed);
  }
  SECTION("it does nothing") {
    after(5s);
    CHECK(pipe->closed);
  }
}

TEST_CASE_METHOD(Fixture, "the date in answers follows the clock by the second") {
  connect();
  clock.set_wall(WallTime{784111777s});
  client_sends(get("/hello"));
  CHECK(answer().find("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != std::string::npos);
  clock.advance(999ms);
  client_sends(get("/hello"));
  CHECK(answer().find("08:49:37") != std::string::npos);
  clock.advance(1ms);
  client_sends(get("/hello"));
  CHECK(answer().find("08:49:38") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "connections that are still open when their loop is destroyed take their coroutines along") {
  connect();
  client_sends(get("/wait"));
  set.reset();
  CHECK(pipe->closed);
}
