#include "httpd/login_authenticator.h"

#include <catch2/catch.hpp>

#include "tests/httpd/identity_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

const std::string kPath = "/session/check_login";

/// Whether the fast way knows the answer, as it does when nothing has to be hashed.
bool fast(IdentityFixture& web, const Request& request) {
  AuthResult ignored;
  return web.identity->authenticator().try_authenticate(request, ignored);
}

}  // namespace

TEST_CASE("any valid credential counts, whatever stands beside it") {
  IdentityFixture web;
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  REQUIRE(session.size() == 32);
  const std::vector<Request> good = {
      cookie(get(kPath), session),
      with(get(kPath), "Cookie", "KISMET=stale; KISMET=" + session),
      with(get(kPath), "Cookie", "KISMET=" + session + "; KISMET=stale"),
      with(get(kPath), "Cookie", "other=1; KISMET=" + session + "; more=2"),
      get(kPath + "?KISMET=" + session),
      with(get(kPath + "?KISMET=" + session), "Cookie", "other=1"),
      cookie(get(kPath + "?KISMET=" + session), "stale"),
      cookie(get(kPath + "?KISMET=stale"), session),
      basic(get(kPath), "kismet:secret"),
      cookie(basic(get(kPath), "kismet:secret"), "stale"),
      basic(get(kPath + "?KISMET=stale"), "kismet:secret"),
      basic(cookie(get(kPath), session), "kismet:wrong"),
      basic(cookie(get(kPath), session), "kismet:"),
      get(kPath + "?user=kismet&password=secret"),
      cookie(get(kPath + "?user=kismet&password=secret"), "stale"),
      basic(get(kPath + "?user=kismet&password=secret"), "kismet:"),
      basic(get(kPath + "?user=kismet&password=secret"), "kismet:wrong"),
      basic(get(kPath + "?user=kismet&password=wrong"), "kismet:secret"),
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    INFO(i);
    CHECK(web.status(good[i]) == 200);
  }
  const std::vector<Request> bad = {
      get(kPath),
      cookie(get(kPath), "stale"),
      cookie(get(kPath), session.substr(1)),
      with(get(kPath), "Cookie", "kismet=" + session),
      get(kPath + "?kismet=" + session),
      get(kPath + "?user=kismet&password=wrong"),
      get(kPath + "?user=kismet"),
      with(get(kPath), "Authorization", "Bearer " + session),
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    INFO(i);
    CHECK(web.status(bad[i]) == 401);
  }
}

TEST_CASE("a login's plus signs in a query are read either way") {
  IdentityFixture web;
  web.start_with_login("kismet", "a+b c");
  CHECK(web.status(get(kPath + "?user=kismet&password=a%2Bb%20c")) == 200);
  CHECK(web.status(get(kPath + "?user=kismet&password=a+b%20c")) == 200);  // An encoder that leaves a plus.
  CHECK(web.status(get(kPath + "?user=kismet&password=a%2Bb+c")) == 200);
  CHECK(web.status(basic(get(kPath), "kismet:a+b c")) == 200);
}

TEST_CASE("a valid login that is more than a valid token counts, and a wrong one takes nothing from it") {
  IdentityFixture web;
  web.start_with_login();
  const std::string reader = web.make_key("reader", "readonly");
  CHECK(web.ask(basic(cookie(get(kPath), reader), "kismet:secret")).principal.role == "admin");
  const Reply reply = web.ask(basic(cookie(get("/session/check_session"), reader), "kismet:wrong"));
  CHECK(reply.status == 200);
  CHECK(reply.principal.role == "readonly");
  const std::string boss = web.make_key("boss", "admin");
  CHECK(web.ask(with(get(kPath), "Cookie", "KISMET=" + reader + "; KISMET=" + boss)).principal.name == "boss");
}

TEST_CASE("the cookie is for a login that was right, hidden from scripts, and Secure under TLS") {
  IdentityFixture web;
  web.start_with_login();
  const Reply plain = web.ask(basic(get(kPath), "kismet:secret"));
  CHECK(plain.set_cookie == "KISMET=" + plain.session() + "; Path=/; HttpOnly; SameSite=Lax");
  Request request = basic(get(kPath), "kismet:secret");
  request.secure = true;
  CHECK(web.ask(request).set_cookie == plain.set_cookie + "; Secure");
  request.secure = false;
  request.prefix = "/sensors/north";
  CHECK(web.ask(request).set_cookie == "KISMET=" + plain.session() + "; Path=/sensors/north; HttpOnly; SameSite=Lax");
  CHECK(web.ask(basic(get(kPath), "kismet:wrong")).set_cookie.empty());
  CHECK(web.ask(cookie(get(kPath), "injected\r\nX: y")).set_cookie.empty());
  CHECK(web.ask(cookie(get(kPath), plain.session())).set_cookie.empty());
}

TEST_CASE("a script that sends Basic each time has one session, hashed once") {
  IdentityFixture web;
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  for (int i = 0; i < 5; ++i) {
    CHECK(fast(web, basic(get(kPath), "kismet:secret")));
    CHECK(web.ask(basic(get(kPath), "kismet:secret")).session() == session);
  }
  CHECK(web.ask(get(kPath + "?user=kismet&password=secret")).session() == session);
}

TEST_CASE("a remembered login is hashed again after a while, in the same session") {
  IdentityFixture web;
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  web.clock.advance(web.settings.remember_login);
  CHECK_FALSE(fast(web, basic(get(kPath), "kismet:secret")));
  CHECK(web.ask(basic(get(kPath), "kismet:secret")).session() == session);
  CHECK(fast(web, basic(get(kPath), "kismet:secret")));
}

TEST_CASE("a session that is not used ends, and one that is used goes on") {
  IdentityFixture web;
  web.settings.remember_login = 100'000s;
  web.start_with_login();
  const std::string used = web.ask(basic(get(kPath), "kismet:secret")).session();
  for (int hour = 0; hour < 10; ++hour) {
    web.clock.advance(1h);
    CHECK(web.status(cookie(get(kPath), used)) == 200);
  }
  web.clock.advance(7199s);
  CHECK(web.status(cookie(get(kPath), used)) == 200);
  web.clock.advance(7200s);
  CHECK(web.status(cookie(get(kPath), used)) == 401);
  const Reply fresh = web.ask(basic(get(kPath), "kismet:secret"));
  CHECK(fresh.status == 200);
  CHECK(fresh.session() != used);
}

TEST_CASE("sessions survive a restart, and are over after it when their time is") {
  IdentityFixture web;
  const bool hashed = GENERATE(false, true);
  web.start_with_login("kismet", hashed ? hash_password("secret", {1, 8192}) : "secret");
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get(kPath), session)) == 200);
  web.stop();
  web.clock.advance(7200s);
  REQUIRE(web.start().empty());
  CHECK(web.status(cookie(get(kPath), session)) == 401);
}

TEST_CASE("sessions end with a password that was changed while the daemon did not run") {
  IdentityFixture web;
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  web.stop();
  web.settings.password = "changed";
  REQUIRE(web.start().empty());
  CHECK(web.status(cookie(get(kPath), session)) == 401);
}

TEST_CASE("without a session database, nothing of a session is written") {
  IdentityFixture web;
  web.settings.session_db.clear();
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  CHECK(web.status(cookie(get(kPath), session)) == 200);
  CHECK(web.make_key("k", "readonly").size() == 32);
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get(kPath), session)) == 401);
  CHECK(web.folder.entries() == 0);
}

TEST_CASE("a session timeout of 0 is for ever") {
  IdentityFixture web;
  web.settings.session_timeout = 0s;
  web.start_with_login();
  const std::string session = web.ask(basic(get(kPath), "kismet:secret")).session();
  web.clock.advance(std::chrono::hours(24 * 3650));
  CHECK(web.status(cookie(get(kPath), session)) == 200);
}

TEST_CASE("an address that fails too often is told to wait, even with the right password, but sessions go on") {
  IdentityFixture web;
  web.start_with_login();
  const std::string session = web.ask(from(basic(get(kPath), "kismet:secret"), "10.0.0.9")).session();
  const std::string away = "10.0.0.1";
  for (int i = 0; i < 5; ++i)
    CHECK(web.status(from(basic(get(kPath), "kismet:wrong" + std::to_string(i)), away)) == 401);
  const Reply reply = web.ask(from(basic(get(kPath), "kismet:wrong5"), away));
  CHECK(reply.status == 429);
  CHECK(reply.retry_after == "1");
  CHECK(web.status(from(cookie(get(kPath), session), away)) == 200);
  CHECK(web.status(from(basic(get(kPath), "kismet:secret"), away)) == 200);  // Remembered from elsewhere.
  web.clock.advance(web.settings.remember_login);
  for (int i = 0; i < 9; ++i) web.ask(from(basic(get(kPath), "kismet:more" + std::to_string(i)), away));
  CHECK(web.status(from(basic(get(kPath), "kismet:secret"), away)) == 429);
  CHECK(web.status(from(basic(get(kPath), "kismet:secret"), "10.0.0.2")) == 200);
}

TEST_CASE("the same wrong login over and over is one failure") {
  IdentityFixture web;
  web.start_with_login();
  for (int i = 0; i < 20; ++i) CHECK(web.status(basic(get(kPath), "kismet:stale")) == 401);
  CHECK(fast(web, basic(get(kPath), "kismet:stale")));
  CHECK(web.status(basic(get(kPath), "kismet:secret")) == 200);
  CHECK(std::count_if(web.audit.begin(), web.audit.end(),
                      [](const std::string& line) { return line.find("refused") != std::string::npos; }) == 1);
}

TEST_CASE("an empty password is no attempt") {
  IdentityFixture web;
  web.start_with_login();
  for (int i = 0; i < 20; ++i) CHECK(web.status(basic(get(kPath), "kismet:")) == 401);
  CHECK(web.status(basic(get(kPath), "kismet:secret")) == 200);
}

TEST_CASE("one login in many requests at once is hashed once") {
  IdentityFixture web;
  web.settings.hashes_waiting = 1;
  web.start_with_login();
  TaskGroup clients(web.loops.first().get_executor(), {});
  std::vector<Reply> replies;
  const auto ask = [&](Request request) -> Task<void> {
    Reply reply = co_await web.answer(std::move(request));
    replies.push_back(std::move(reply));
  };
  for (int i = 0; i < 20; ++i) clients.spawn("client", ask(basic(get(kPath), "kismet:secret")));
  run_task(web.loops.first(), clients.drained());
  REQUIRE(replies.size() == 20);
  for (const Reply& reply : replies) {
    CHECK(reply.status == 200);
    CHECK(reply.session() == replies.front().session());
  }
}

TEST_CASE("a flood of logins hashes few, and the rest is told to come back") {
  IdentityFixture web;
  web.start_with_login("kismet", hash_password("secret", {1, 8192}));
  TaskGroup clients(web.loops.first().get_executor(), {});
  int busy = 0;
  const auto ask = [&](Request request) -> Task<void> {
    const Reply reply = co_await web.answer(std::move(request));
    busy += reply.status == 429 ? 1 : 0;
  };
  for (int i = 0; i < 300; ++i) {
    clients.spawn("client",
                  ask(from(basic(get(kPath), "kismet:" + std::to_string(i)), "10.0.0." + std::to_string(i % 250))));
  }
  run_task(web.loops.first(), clients.drained());
  CHECK(busy >= 300 - static_cast<int>(web.settings.hash_burst));
}

TEST_CASE("a helper's token works until it is revoked, is never written, and dies with the daemon") {
  IdentityFixture web;
  web.start_with_login();
  const std::string token = web.identity->issue_helper_token("demo", "readonly");
  run_task(web.loops.first(), web.identity->reload());
  const Reply reply = web.ask(cookie(get("/session/check_session"), token));
  CHECK(reply.status == 200);
  CHECK(reply.principal.name == "demo");
  CHECK(reply.principal.role == "readonly");
  CHECK(web.ask(web.admin(get("/auth/apikey/list.json"))).body == "[]");
  const std::string other = web.identity->issue_helper_token("other", "admin");
  CHECK(web.status(cookie(get(kPath), other)) == 200);
  web.identity->revoke_helper_token(token);
  run_task(web.loops.first(), web.identity->saved());
  CHECK(web.status(cookie(get("/session/check_session"), token)) == 401);
  CHECK(web.status(cookie(get(kPath), other)) == 200);
  CHECK(web.folder.read("session.db").find(digest_of(other).hex()) == std::string::npos);
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get(kPath), other)) == 401);
  for (const std::string& line : web.audit) CHECK(line.find(token) == std::string::npos);
}

TEST_CASE("every login and every refusal is said, without what was typed") {
  IdentityFixture web;
  web.start_with_login();
  web.ask(from(basic(get(kPath), "kismet:secret"), "10.0.0.1"));
  web.ask(from(basic(get(kPath), "hunter2:hunter3"), "10.0.0.2"));
  CHECK(web.said("login of \"kismet\" from 10.0.0.1"));
  CHECK(web.said("login from 10.0.0.2 refused"));
  CHECK_FALSE(web.said("hunter"));
  CHECK_FALSE(web.said("secret"));
}

TEST_CASE("a role is admin, the one that is asked for, or any") {
  struct Row {
    std::string role;
    std::string_view wanted;
    bool may;
  };
  const std::vector<Row> rows = {
      {"", "none", true},
      {"readonly", "none", true},
      {"", "any", false},
      {"readonly", "any", true},
      {"admin", "any", true},
      {"", "admin", false},
      {"readonly", "admin", false},
      {"admin", "admin", true},
      {"admin", "readonly", true},
      {"helper", "helper", true},
      {"helper", "readonly", false},
      {"Readonly", "readonly", false},
      {"datasource", "datasource", true},
      {"scanreport", "datasource", false},
      {"WEBGPS", "WEBGPS", true},
      {"", "", false},
  };
  for (const Row& row : rows) {
    INFO(row.role << " for " << row.wanted);
    CHECK(may_use({"x", row.role}, row.wanted) == row.may);
  }
}
