#include "tests/server/proxy_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

TEST_CASE_METHOD(Proxy, "a request reaches the helper with its variables, and without credentials") {
  request.query = "a=1&KISMET=secret";
  request.headers.add("Cookie", "KISMET=secret");
  request.headers.add("Authorization", "Basic c2VjcmV0");
  request.headers.add("Accept", "text/html");
  request.client_address = "127.0.0.9";
  asks();
  const auto heard = helper.heard<wire::HttpRequest>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].uri == "/demo/page.html");
  CHECK(heard[0].method == "GET");
  CHECK(heard[0].variables == std::vector<wire::Pair>{{"a", "1"}});
  CHECK(heard[0].headers == std::vector<wire::Pair>{{"Accept", "text/html"}});
  CHECK(heard[0].client_address == "127.0.0.9");
}

TEST_CASE_METHOD(Proxy, "a complete answer leaves whole, with its code and headers") {
  asks();
  answers("made", 201, true, {{"X-Kind", "test"}, {"Content-Type", "text/plain"}});
  CHECK(client->status() == 201);
  CHECK(client->body() == "made");
  CHECK(client->header("X-Kind") == "test");
  CHECK(client->content_type() == "text/plain");
  CHECK(client->finished());
  CHECK_FALSE(client->streamed());
  CHECK(cancels() == 0);
  CHECK(counters.complete == 1);
}

TEST_CASE_METHOD(Proxy, "a code that follows its content within the head's delay counts") {
  asks();
  answers("some ", {}, false);
  CHECK_FALSE(client->answered());
  answers("", 404, true);
  CHECK(client->status() == 404);
  CHECK(client->body() == "some ");
  CHECK_FALSE(client->streamed());
}

TEST_CASE_METHOD(Proxy, "a stream's first line leaves after the head's delay, later ones at once") {
  asks("GET", "/demo/stream");
  answers("one\n", {}, false);
  CHECK_FALSE(client->answered());
  advance(10ms);
  CHECK(client->status() == 200);
  CHECK(client->body() == "one\n");
  answers("two\n", {}, false);
  CHECK(client->body() == "one\ntwo\n");
  answers("", 500, true);  // Too late for the code; the end counts.
  CHECK(client->status() == 200);
  CHECK(client->finished());
}

TEST_CASE_METHOD(Proxy, "a head without content leaves after the head's delay too") {
  asks("GET", "/demo/stream");
  answers("", 200, false, {{"Content-Type", "text/event-stream"}});
  CHECK_FALSE(client->has_head());
  advance(10ms);
  CHECK(client->has_head());
  CHECK(client->content_type() == "text/event-stream");
  CHECK(client->body().empty());
}

TEST_CASE_METHOD(Proxy, "a head waits no longer once there is much content") {
  asks();
  answers(std::string(20'000, 'x'), {}, false);
  CHECK(client->answered());
  CHECK(client->body().size() == 20'000);
}

TEST_CASE_METHOD(Proxy, "without a Content-Type the extension decides") {
  asks("GET", "/demo/data.json");
  answers("{}", 200, true);
  CHECK(client->content_type() == "application/json");
}

TEST_CASE_METHOD(Proxy, "a code that is none of 200..599 becomes 502") {
  const std::uint32_t code = GENERATE(0, 99, 101, 600, 1000, 4'000'000'000);
  asks();
  answers("text", code, true);
  CHECK(client->status() == 502);
  CHECK(counters.bad_heads == 1);
}

TEST_CASE_METHOD(Proxy, "headers with line breaks, and those of the connection, never pass; the others do") {
  common.settings.server_timing = false;
  asks();
  answers("text", 200, true,
          {{"X-Bad", "a\r\nSet-Cookie: b"},
           {"X Bad", "a"},
           {"Transfer-Encoding", "chunked"},
           {"Content-Length", "9"},
           {"X-Good", "yes"}});
  CHECK(client->head().headers == std::vector<std::pair<std::string, std::string>>{{"X-Good", "yes"}});
  CHECK(client->body() == "text");
  CHECK(counters.bad_heads == 3);
}

TEST_CASE_METHOD(Proxy, "a client that leaves while the helper works is told to the helper at once") {
  asks();
  client->leave();
  settle();
  CHECK(cancels() == 1);
  CHECK(tasks.running() == 0);
  answers("late", 200, true);
  CHECK_FALSE(ended);
  CHECK(session->counters().late_answers == 1);
}

TEST_CASE_METHOD(Proxy, "a client that leaves a stream is told to the helper at once") {
  asks();
  answers("one\n", {}, false);
  advance(10ms);
  client->leave();
  settle();
  CHECK(cancels() == 1);
  CHECK(counters.cancelled == 1);
}

TEST_CASE_METHOD(Proxy, "a helper that never answers is answered for, and told") {
  asks();
  advance(29s);
  CHECK_FALSE(client->answered());
  advance(1s);
  CHECK(client->status() == 504);
  CHECK(cancels() == 1);
  CHECK(counters.timeouts == 1);
}

TEST_CASE_METHOD(Proxy, "a stream has no time limit of its own") {
  asks();
  answers("one\n", {}, false);
  advance(10ms);
  advance(10h);
  answers("two\n", {}, false);
  CHECK(client->body() == "one\ntwo\n");
}

TEST_CASE_METHOD(Proxy, "a helper that dies before it answers makes a 502, during an answer a cut one") {
  asks();
  SECTION("before") {
    helper.closes_output();
    settle();
    CHECK(client->status() == 502);
    CHECK(client->finished());
  }
  SECTION("during") {
    answers("half", {}, false);
    advance(10ms);
    helper.closes_output();
    settle();
    CHECK(client->body() == "half");
    CHECK(client->aborted());
    CHECK_FALSE(client->finished());
  }
}

TEST_CASE_METHOD(SmallProxy, "a client that reads too slowly is dropped at its limit, and its helper told") {
  asks();
  client->stop_reading();
  answers(std::string(60'000, 'x'), {}, false);
  CHECK(cancels() == 0);
  answers(std::string(60'000, 'x'), {}, false);
  CHECK(client->aborted());
  CHECK(tasks.running() == 0);
  CHECK(cancels() == 1);
  CHECK(counters.cut == 1);
}

TEST_CASE_METHOD(SmallProxy, "an answer that is too large at once is a 502, and its helper told") {
  asks();
  answers(std::string(120'000, 'x'), {}, false);
  CHECK(client->status() == 502);
  CHECK(cancels() == 1);
}

TEST_CASE_METHOD(Proxy, "a length that the helper promises is passed on with a stream, if it is one") {
  asks();
  answers("half", 200, false, {{"Content-Length", GENERATE("8", "-8", "8 ", "99999999999999999999")}});
  advance(10ms);
  CHECK(client->promised() == (counters.bad_heads == 0 ? std::optional<std::uint64_t>(8) : std::nullopt));
  answers("half", {}, true);
  CHECK(client->body() == "halfhalf");
}

TEST_CASE_METHOD(Proxy, "HEAD asks the helper for GET") {
  asks("HEAD");
  CHECK(helper.heard<wire::HttpRequest>().back().method == "GET");
  answers("body", 200, true);
  CHECK(client->body().empty());
  CHECK(client->finished());
}

TEST_CASE_METHOD(Proxy, "HEAD of a stream ends with the head, and its helper is told") {
  asks("HEAD", "/demo/stream");
  answers("one\n", {}, false);
  advance(10ms);
  CHECK(client->finished());
  CHECK(client->status() == 200);
  CHECK(client->body().empty());
  CHECK(cancels() == 1);
}

TEST_CASE_METHOD(Proxy, "an answer says how long it took, whole or streamed, unless that is turned off") {
  request.received = clock.now();
  asks();
  advance(5ms);
  answers("all", {}, true);
  CHECK(client->header("Server-Timing") == "queue;dur=0.000, helper;dur=5.000");
  asks();
  answers("first", {}, false);
  advance(common.settings.head_delay);
  CHECK(client->header("Server-Timing").starts_with("queue;dur="));
  answers("last", {}, true);
  common.settings.server_timing = false;
  asks();
  answers("all", {}, true);
  CHECK(client->header("Server-Timing").empty());
}
