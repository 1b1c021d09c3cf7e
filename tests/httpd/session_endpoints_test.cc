#include <catch2/catch.hpp>

#include "httpd/auth_file.h"
#include "tests/httpd/identity_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

const std::string kForm = "username=kismet&password=secret";

Request set_password(const std::string& form = kForm) {
  return post("/session/set_password", form);
}

}  // namespace

// HTTP_API.md B1, one row after the other.

TEST_CASE("check_setup_ok tells by its status whether there is a login, and whose") {
  IdentityFixture web;
  SECTION("none yet") {
    REQUIRE(web.start().empty());
    const Reply reply = web.ask(get("/session/check_setup_ok"));
    CHECK(reply.status == 500);
    CHECK(reply.body == "Login not configured\n");
  }
  SECTION("the user's") {
    REQUIRE(web.start().empty());
    REQUIRE(web.status(set_password()) == 200);
    const Reply reply = web.ask(get("/session/check_setup_ok"));
    CHECK(reply.status == 200);
    CHECK(reply.body == "Login configured in user config\n");
  }
  SECTION("the global configuration's") {
    web.start_with_login();
    CHECK(web.status(get("/session/check_setup_ok")) == 406);
  }
}

TEST_CASE("check_login wants admin, by whatever credential") {
  IdentityFixture web;
  web.start_with_login();
  CHECK(web.status(get("/session/check_login")) == 401);
  const Reply reply = web.ask(basic(get("/session/check_login"), "kismet:secret"));
  CHECK(reply.status == 200);
  CHECK(reply.body == "Login valid\n");
  CHECK(web.status(cookie(get("/session/check_login"), reply.session())) == 200);
  CHECK(web.status(cookie(get("/session/check_login"), web.make_key("reader", "readonly"))) == 401);
  CHECK(web.status(cookie(get("/session/check_login"), web.make_key("boss", "admin"))) == 200);
  CHECK(web.status(basic(get("/session/check_login"), "kismet:wrong")) == 401);
}

TEST_CASE("check_session wants any valid credential") {
  IdentityFixture web;
  web.start_with_login();
  CHECK(web.status(get("/session/check_session")) == 401);
  const Reply reply = web.ask(cookie(get("/session/check_session"), web.make_key("reader", "readonly")));
  CHECK(reply.status == 200);
  CHECK(reply.body == "Session valid\n");
  CHECK(web.status(cookie(get("/session/check_session"), make_token())) == 401);
}

TEST_CASE("the first login is set from this machine, is a hash in the file, and works at once") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  const Reply reply = web.ask(set_password("username=kismet&password=se+cr%26t"));
  CHECK(reply.status == 200);
  CHECK(reply.body == "Login configured\n");
  CHECK(web.status(basic(get("/session/check_login"), "kismet:se cr&t")) == 200);
  CHECK(web.folder.read("kismet_httpd.conf").find("se cr") == std::string::npos);
  CHECK(web.identity->setup_code().empty());
  REQUIRE(web.restart().empty());
  CHECK(web.status(basic(get("/session/check_login"), "kismet:se cr&t")) == 200);
  CHECK(web.said("login set to \"kismet\" from 127.0.0.1"));
}

TEST_CASE("a login that is set already is changed by admin alone") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  REQUIRE(web.status(set_password()) == 200);
  const std::string change = "username=other&password=changed";
  CHECK(web.status(set_password(change)) == 403);
  CHECK(web.status(from(set_password(change), "10.0.0.1")) == 403);
  CHECK(web.status(basic(set_password(change), "kismet:wrong")) == 403);
  const std::string session = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  CHECK(web.status(from(cookie(set_password(change), session), "10.0.0.1")) == 200);
  CHECK(web.status(basic(get("/session/check_login"), "other:changed")) == 200);
  CHECK(web.status(basic(get("/session/check_login"), "kismet:secret")) == 401);
}

TEST_CASE("a changed password ends the sessions of the old one, and no API key") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  REQUIRE(web.status(set_password()) == 200);
  web.settings.username = "kismet";  // What make_key() logs in with.
  web.settings.password = "secret";
  const std::string session = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  const std::string key = web.make_key("boss", "admin");
  REQUIRE(web.status(cookie(get("/session/check_session"), session)) == 200);
  REQUIRE(web.status(cookie(set_password("username=kismet&password=changed"), session)) == 200);
  CHECK(web.status(cookie(get("/session/check_session"), session)) == 401);
  CHECK(web.status(basic(get("/session/check_session"), "kismet:secret")) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 200);
}

TEST_CASE("a login that the configuration fixes cannot be set, not even by admin") {
  IdentityFixture web;
  web.start_with_login();
  CHECK(web.status(set_password()) == 403);
  CHECK(web.status(basic(set_password("username=a&password=b"), "kismet:secret")) == 403);
  CHECK(web.folder.read("kismet_httpd.conf").empty());
}

TEST_CASE("a login that lacks a part, or holds what it must not, is refused") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  for (const std::string form : {"", "username=kismet", "password=secret", "username=&password=secret",
                                 "username=kismet&password=", "username=kis%3Amet&password=secret",
                                 "username=kismet&password=sec%00ret", "username=kismet&password=sec%0Aret",
                                 "username=kismet&password=%FF", "username=kis%0D%0Amet&password=secret", "a=b"}) {
    INFO(form);
    CHECK(web.status(set_password(form)) == 400);
  }
  CHECK(web.status(post("/session/set_password?username=kismet&password=secret", "")) == 400);
  CHECK(web.status(post("/session/set_password", kForm, "text/plain")) == 400);
  CHECK(web.status(get("/session/check_setup_ok")) == 500);
  CHECK(web.status(post("/session/set_password", kForm, "application/x-www-form-urlencoded; charset=utf-8")) == 200);
}

TEST_CASE("a logout ends the sessions that the request shows, and no other token") {
  IdentityFixture web;
  web.start_with_login();
  const std::string key = web.make_key("map", "admin");
  const std::string session = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  const Request logout =
      with(post("/session/logout", ""), "Cookie", "KISMET=stale; KISMET=" + session + "; KISMET=" + key);
  const Reply reply = web.ask(logout);
  CHECK(reply.status == 200);
  CHECK(reply.forgets);
  CHECK(web.status(cookie(get("/session/check_session"), session)) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 200);
  CHECK(web.status(logout) == 200);
  CHECK(web.said("logout of \"kismet\" from 127.0.0.1"));
  const std::string next = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  CHECK(next != session);
  CHECK(web.status(cookie(get("/session/check_session"), next)) == 200);
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get("/session/check_session"), session)) == 401);
}

// HTTP_API.md B8.

TEST_CASE("while there is no login, no name and password is valid") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  for (const std::string login : {":", "kismet:", "kismet:kismet", "admin:admin"}) {
    CHECK(web.status(basic(get("/session/check_session"), login)) == 401);
  }
  CHECK(web.status(get("/session/check_session?user=&password=")) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), "")) == 401);
}

TEST_CASE("from elsewhere the first login takes the set-up code, once") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  const std::string code = web.identity->setup_code();
  CHECK(code.size() == 14);
  const std::string away = "10.0.0.1";
  CHECK(web.status(from(set_password(), away)) == 403);
  CHECK(web.status(from(set_password(kForm + "&setup_code=AAAA-AAAA-AAAA"), away)) == 403);
  CHECK(web.status(from(set_password(kForm + "&setup_code="), away)) == 403);
  CHECK(web.status(from(set_password("username=kismet&password=&setup_code=" + code), away)) == 400);
  CHECK(web.status(from(set_password(kForm + "&setup_code=" + code), away)) == 200);
  CHECK(web.status(from(set_password(kForm + "&setup_code=" + code), away)) == 403);
  CHECK(web.status(from(set_password(kForm + "&setup_code="), away)) == 403);
  for (const std::string& line : web.audit) CHECK(line.find(code) == std::string::npos);
}

TEST_CASE("a request that a proxy passed on is not from this machine") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  for (const char* header : {"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"}) {
    CHECK(web.status(with(set_password(), header, "127.0.0.1")) == 403);
  }
}

TEST_CASE("guessing the set-up code is slowed down") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  std::vector<unsigned> statuses;
  for (int i = 0; i < 6; ++i) {
    statuses.push_back(
        web.status(from(set_password(kForm + "&setup_code=AAAA-AAAA-AAA" + std::to_string(i)), "10.0.0.1")));
  }
  CHECK(statuses == std::vector<unsigned>{403, 403, 403, 403, 403, 429});
  const Reply reply = web.ask(from(set_password(kForm + "&setup_code=" + web.identity->setup_code()), "10.0.0.1"));
  CHECK(reply.status == 429);
  CHECK(reply.retry_after == "1");
}

TEST_CASE("of two that set the first login at once, one does, and its client may log in meanwhile") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  std::vector<unsigned> statuses;
  TaskGroup clients(web.loops.first().get_executor(), {});
  const auto ask = [&](Request request) -> Task<void> {
    const Reply reply = co_await web.answer(std::move(request));
    statuses.push_back(reply.status);
  };
  clients.spawn("first", ask(set_password()));
  clients.spawn("second", ask(set_password("username=x&password=y")));
  clients.spawn("login", ask(basic(get("/session/check_login"), "kismet:secret")));
  run_task(web.loops.first(), clients.drained());
  std::sort(statuses.begin(), statuses.end());
  CHECK(statuses == std::vector<unsigned>{200, 200, 403});
  CHECK(web.status(basic(get("/session/check_login"), "kismet:secret")) == 200);
}

TEST_CASE("a password that cannot be written is not taken") {
  IdentityFixture web;
  web.folder.write("blocked/kismet_httpd.conf/file", "");
  web.settings.auth_file = web.folder.file("blocked/kismet_httpd.conf/file/auth");
  REQUIRE_FALSE(web.start().empty());  // The path runs through a file.
  web.settings.auth_file = web.folder.file("none/too/deep");
  REQUIRE(web.start().empty());
  const Reply reply = web.ask(set_password());
  CHECK(reply.status == 500);
  CHECK(web.status(get("/session/check_setup_ok")) == 500);
  CHECK_FALSE(web.identity->setup_code().empty());
}

TEST_CASE("a plain-text password is accepted and flagged, a hash is not") {
  IdentityFixture web;
  web.folder.write("kismet_httpd.conf", "httpd_username=kismet\nhttpd_password=secret\n");
  REQUIRE(web.start().empty());
  CHECK(web.said("plain text"));
  CHECK(web.status(basic(get("/session/check_login"), "kismet:secret")) == 200);
  web.audit.clear();
  REQUIRE(set_login_in_file(web.settings.auth_file, "kismet", "other", {1, 8192}).empty());
  REQUIRE(web.restart().empty());
  CHECK_FALSE(web.said("plain text"));
  CHECK(web.status(basic(get("/session/check_login"), "kismet:other")) == 200);
}

TEST_CASE("half a login, in the configuration or the auth file, keeps the daemon from starting") {
  IdentityFixture web;
  SECTION("name only") {
    web.settings.username = "kismet";
  }
  SECTION("password only") {
    web.settings.password = "secret";
  }
  SECTION("in the file") {
    web.folder.write("kismet_httpd.conf", "httpd_username=kismet\n");
  }
  CHECK_FALSE(web.start().empty());
}

TEST_CASE("a login that the command line changes counts at once, and ends the sessions of the old one") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  REQUIRE(web.status(set_password()) == 200);
  const std::string session = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  REQUIRE(set_login_in_file(web.settings.auth_file, "kismet", "forgotten", {1, 8192}).empty());
  run_task(web.loops.first(), web.identity->reload());
  CHECK(web.status(basic(get("/session/check_login"), "kismet:forgotten")) == 200);
  CHECK(web.status(basic(get("/session/check_login"), "kismet:secret")) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), session)) == 401);
}

TEST_CASE("a login that the command line changes counts without anybody telling the daemon") {
  IdentityFixture web;
  web.settings.auth_file = web.folder.file("made by the daemon/kismet_httpd.conf");
  REQUIRE(web.start().empty());
  REQUIRE(set_login_in_file(web.settings.auth_file, "kismet", "secret", {1, 8192}).empty());
  CHECK(web.eventually(get("/session/check_setup_ok"), 200));
  CHECK(web.identity->setup_code().empty());
  const std::string session = web.ask(basic(get("/session/check_login"), "kismet:secret")).session();
  REQUIRE(set_login_in_file(web.settings.auth_file, "kismet", "changed", {1, 8192}).empty());
  CHECK(web.eventually(cookie(get("/session/check_login"), session), 401));
}

TEST_CASE("an auth file that goes bad or away leaves the login as it was") {
  IdentityFixture web;
  REQUIRE(web.start().empty());
  REQUIRE(web.status(set_password()) == 200);
  const std::string content = GENERATE("", "httpd_username=kismet\n");
  web.folder.write("kismet_httpd.conf", content);
  run_task(web.loops.first(), web.identity->reload());
  CHECK(web.status(basic(get("/session/check_login"), "kismet:secret")) == 200);
  CHECK(web.status(set_password("username=x&password=y")) == 403);
}
