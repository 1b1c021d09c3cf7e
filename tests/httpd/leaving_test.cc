#include <catch2/catch.hpp>

#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;
using namespace std::chrono_literals;

namespace {

struct Fixture : ServerFixture {
  Fixture() : ServerFixture(settings()) {
    route("GET", "/wait", "none", [this](const Request&, ResponseWriter& out) { return wait(out); });
    route("GET", "/slow", "none", [this](const Request&, ResponseWriter& out) { return answer_when_told(out); });
  }

  static HttpdSettings settings() {
    HttpdSettings settings;
    settings.write_timeout = 300ms;
    settings.linger_timeout = 300ms;
    return settings;
  }

  /// Waits for the client's leaving and nothing else.
  Task<void> wait(ResponseWriter& out) {
    notes().add("waiting");
    while (!out.client_gone()) co_await out.wakeup().wait();
    notes().add("gone");
  }

  /// Answers once it is rung by the test.
  Task<void> answer_when_told(ResponseWriter& out) {
    Wakeup& wakeup = out.wakeup();
    on_tell = [&wakeup] { wakeup.notify(); };
    told = false;
    notes().add("asked");
    while (!told && !out.client_gone()) co_await wakeup.wait();
    on_tell = {};
    if (out.client_gone()) {
      notes().add("gone");
      co_return;
    }
    const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
    co_await out.send(head, "late");
  }

  void tell_slow() {
    on_loop([this] {
      told = true;
      if (on_tell) on_tell();
    });
  }

  std::function<void()> on_tell;
  bool told = false;
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a handler that waits hears at once that its client has closed, reset or vanished in between") {
  for (const bool reset : {false, true}) {
    RawClient client(port());
    client.send(get("/wait"));
    REQUIRE(notes().wait_for("waiting", reset ? 2 : 1));
    reset ? client.reset() : client.close();
    CHECK(notes().wait_for("gone", reset ? 2 : 1));
  }
  CHECK(notes().wait_for("done GET /wait 0 0 incomplete", 2));
  CHECK(server().counters().left_early == 2);
}

TEST_CASE_METHOD(Fixture, "a client that leaves with pipelined requests unread is missed all the same") {
  RawClient client(port());
  std::string all = get("/wait");
  for (int i = 0; i < 1000; ++i) all += get("/hello");
  client.send(all);
  REQUIRE(notes().wait_for("waiting"));
  client.close();
  CHECK(notes().wait_for("gone"));
  CHECK(eventually([&] { return server().counters().open_connections == 0; }));
  CHECK(server().counters().requests == 1);
}

TEST_CASE_METHOD(Fixture, "a client that closes its half and listens on is answered (nc -N)") {
  for (const char* version : {"1.1", "1.0"}) {
    INFO(version);
    const std::size_t asked = notes().count("asked");
    RawClient client(port());
    client.send("GET /slow HTTP/" + std::string(version) + "\r\nHost: localhost\r\n\r\n");
    REQUIRE(notes().wait_for("asked", asked + 1));
    client.finish();
    CHECK(client.read_until("HTTP/1.1 "));  // It is found out by sending what must come anyway.
    tell_slow();
    CHECK(client.read_until("200 OK\r\n"));
    CHECK(client.read_until("\r\n\r\nlate"));
    CHECK(client.is_closed());
  }
  RawClient at_once(port());
  at_once.send(get("/hello"));
  at_once.finish();
  const RawAnswer answer = at_once.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "Hello, world!");
}

TEST_CASE_METHOD(Fixture, "a stream goes on for a client that has closed its half, with chunks that any parser reads") {
  RawClient client(port());
  client.send(get("/stream"));
  REQUIRE(notes().wait_for("streaming"));
  tell("one");
  CHECK(client.read_until("one\n"));
  client.finish();
  CHECK(client.read_until("\r\n0"));  // A chunk's size may begin with zeros.
  tell("two");
  tell("end");
  CHECK(client.read_until("4\r\ntwo\n\r\n0\r\n\r\n"));
  CHECK(notes().wait_for("ended"));
}

TEST_CASE_METHOD(Fixture, "a stream ends when its client leaves, though nothing is being sent") {
  RawClient client(port());
  client.send(get("/stream"));
  REQUIRE(notes().wait_for("streaming"));
  tell("one");
  CHECK(client.read_until("one\n"));
  client.close();
  CHECK(notes().wait_for("left"));
}

TEST_CASE_METHOD(Fixture, "lines of a stream leave at once, each in a chunk of its own") {
  RawClient client(port());
  client.send(get("/stream"));
  REQUIRE(notes().wait_for("streaming"));
  tell("one");
  CHECK(client.read_until("Transfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"));
  tell("three");
  CHECK(client.read_until("6\r\nthree\n\r\n"));
  tell("end");
  CHECK(client.read_until("0\r\n\r\n"));
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE_METHOD(Fixture, "a client that reads nothing is dropped after the write time limit") {
  RawClient client;
  client.take_little();
  client.connect(port());
  client.send(get("/big"));
  CHECK(eventually([&] { return server().counters().timed_out == 1; }));
  CHECK(server().counters().left_early == 1);
  CHECK(eventually([&] { return server().counters().open_connections == 0; }));
  CHECK_FALSE(client.read_answer().complete);
}

TEST_CASE("a thousand clients that open a stream and vanish leave nothing behind, on four loops") {
  ServerFixture server({}, 4);
  for (int i = 0; i < 1000; ++i) {
    RawClient client(server.port());
    client.send(get("/stream"));
    if (i % 3 == 0) client.reset();
    if (i % 3 == 1) REQUIRE(server.notes().wait_for("streaming", 1));
  }
  CHECK(server.eventually([&] { return server.server().counters().open_connections == 0; }));
  CHECK(server.notes().count("ended") == 0);
}

TEST_CASE("an answer that is cut off looks cut off: no last chunk, or a reset where the end is the framing") {
  ServerFixture server;
  server.route("GET", "/cut", "none", [](const Request&, ResponseWriter& out) -> Task<void> {
    out.start({.status = 200, .content_type = "text/plain", .headers = {}});
    ChainedBuffer buffer;
    buffer.append("half");
    co_await out.write(buffer);
    out.abort();
  });
  RawClient chunked(server.port());
  const RawAnswer cut = chunked.ask(get("/cut"));
  CHECK(cut.body == "half");
  CHECK_FALSE(cut.complete);
  RawClient old(server.port());
  CHECK_FALSE(old.ask("GET /cut HTTP/1.0\r\n\r\n").complete);
  CHECK(old.was_reset());
}
