#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "httpd/token_store.h"
#include "tests/httpd/identity_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

/// A web server with four I/O threads.
struct FourLoops {
  FourLoops() {
    web.start_with_login();
    threads = std::jthread([this] { web.loops.run([](const std::string&) {}); });
  }
  ~FourLoops() {
    net::co_spawn(web.loops.first().get_executor(), web.identity->stop(), net::use_future).get();
    web.loops.request_stop();
    threads.join();
  }
  std::future<Reply> asking(std::size_t loop, Request request) {
    return net::co_spawn(web.loops.at(loop).get_executor(), web.answer(std::move(request)), net::use_future);
  }
  Reply ask(std::size_t loop, Request request) { return asking(loop, std::move(request)).get(); }

  IdentityFixture web{4};
  std::jthread threads;
};

}  // namespace

TEST_CASE("what one loop lets in, every loop does") {
  FourLoops server;
  const Reply reply = server.ask(2, basic(get("/session/check_login"), "kismet:secret"));
  REQUIRE(reply.status == 200);
  for (std::size_t loop = 0; loop < 4; ++loop) {
    CHECK(server.ask(loop, cookie(get("/session/check_login"), reply.session())).status == 200);
    CHECK(server.ask(loop, basic(get("/session/check_login"), "kismet:secret")).session() == reply.session());
    CHECK(server.ask(loop, cookie(get("/session/check_login"), make_token())).status == 401);
    CHECK(server.ask(loop, get("/session/check_login")).status == 401);
  }
}

TEST_CASE("a helper's token counts on every loop as soon as it is issued, from whichever") {
  FourLoops server;
  for (int round = 0; round < 100; ++round) {
    const std::string token = server.web.identity->issue_helper_token("demo", "readonly");
    const Reply reply = server.ask(static_cast<std::size_t>(round) % 4, cookie(get("/session/check_session"), token));
    CHECK(reply.principal.name == "demo");
    server.web.identity->revoke_helper_token(token);
  }
}

TEST_CASE("logins, keys, refusals and renewals from all loops at once agree in the end") {
  FourLoops server;
  const std::string session = server.ask(0, basic(get("/session/check_login"), "kismet:secret")).session();
  std::vector<std::pair<std::future<Reply>, unsigned>> replies;
  for (std::size_t i = 0; i < 400; ++i) {
    const auto ask = [&](Request request, unsigned status) {
      replies.emplace_back(server.asking(i % 4, std::move(request)), status);
    };
    const std::string name = "key" + std::to_string(i);
    const std::string json = R"({"name":")" + name + R"(","role":"readonly"})";
    if (i % 5 == 0) ask(basic(get("/session/check_login"), "kismet:secret"), 200);
    if (i % 5 == 1) ask(cookie(get("/session/check_login"), session), 200);
    if (i % 5 == 2) ask(get("/session/check_login?user=kismet&password=" + name), 0);
    if (i % 25 == 3) ask(cookie(post("/auth/apikey/generate.cmd", json), session), 200);
    if (i % 5 == 4) ask(cookie(get("/session/check_session"), name), 401);
  }
  for (auto& [reply, status] : replies) {
    const unsigned got = reply.get().status;
    CHECK((got == status || (status == 0 && (got == 401 || got == 429))));
  }
  for (std::size_t loop = 0; loop < 4; ++loop) {
    const std::string list = server.ask(loop, cookie(get("/auth/apikey/list.itjson"), session)).body;
    CHECK(std::count(list.begin(), list.end(), '\n') == 16);
  }
}

TEST_CASE("sessions are bounded, and the one that would end first gives way") {
  IdentityFixture web;
  web.settings.sessions = 3;
  Worker worker("test");
  TokenStore tokens(web.loops, worker, web.settings, [](const std::string&) {});
  REQUIRE(tokens.load({}).empty());
  std::vector<std::string> sessions;
  const auto open_four = [&]() -> Task<void> {
    for (int i = 0; i < 4; ++i) {
      sessions.push_back(tokens.open_session("kismet", "admin"));
      web.clock.advance(1s);
    }
    co_await tokens.saved();
  };
  run_task(web.loops.first(), open_four());
  CHECK(tokens.find(web.loops.first(), sessions[0]) == nullptr);
  for (const std::size_t i : {1U, 2U, 3U}) CHECK(tokens.find(web.loops.first(), sessions[i]) != nullptr);
}
