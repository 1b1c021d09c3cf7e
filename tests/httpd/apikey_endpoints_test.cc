#include "httpd/apikey_endpoints.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/httpd/identity_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

const std::string kGenerate = "/auth/apikey/generate.cmd";
const std::string kRevoke = "/auth/apikey/revoke.cmd";

std::string names(IdentityFixture& web) {
  std::string names;
  for (const Json& key : Json::parse(web.ask(web.admin(get("/auth/apikey/list.json"))).body)) {
    names += key["kismet.httpd.auth.name"].get<std::string>() + " ";
  }
  return names;
}

}  // namespace

TEST_CASE("an API key is made, works with its role, and is listed without its token") {
  IdentityFixture web;
  web.start_with_login();
  const Reply made =
      web.ask(web.admin(post(kGenerate, R"({"name":"map","role":"readonly","duration":3600})", "application/json")));
  CHECK(made.status == 200);
  CHECK(made.type.starts_with("text/plain"));
  CHECK(made.body.size() == 32);
  CHECK(made.body.find_first_not_of("0123456789ABCDEF") == std::string::npos);
  CHECK(web.ask(cookie(get("/session/check_session"), made.body)).principal.role == "readonly");
  CHECK(web.ask(get("/session/check_session?KISMET=" + made.body)).principal.name == "map");
  const Json list = Json::parse(web.ask(web.admin(get("/auth/apikey/list.json"))).body);
  REQUIRE(list.size() == 1);
  CHECK(list[0] == Json{{"kismet.httpd.auth.name", "map"},
                        {"kismet.httpd.auth.role", "readonly"},
                        {"kismet.httpd.auth.expiration", 1'700'003'600}});
  CHECK(web.folder.read("session.db").find(made.body) == std::string::npos);
  CHECK(web.said("API key \"map\" (role readonly) made by \"kismet\" from 127.0.0.1"));
}

TEST_CASE("a key is asked for by JSON body or form, under any media type that clients use") {
  IdentityFixture web;
  web.start_with_login();
  const std::string json = R"({"name":"NAME","role":"readonly","duration":"60"})";
  const auto named = [&](const std::string& name) { return std::string(json).replace(json.find("NAME"), 4, name); };
  CHECK(web.status(web.admin(post(kGenerate, named("a"), "application/json; charset=utf-8"))) == 200);
  CHECK(web.status(web.admin(post(kGenerate, named("b")))) == 200);
  CHECK(web.status(web.admin(post(kGenerate, "  " + named("c"), "text/plain"))) == 200);
  CHECK(web.status(web.admin(post(kGenerate, "json=%7B%22name%22%3A%22d%22%2C%22role%22%3A%22x%22%7D"))) == 200);
  CHECK(names(web) == "a b c d ");
}

TEST_CASE("a key that cannot be is refused with a reason that starts with ERROR") {
  IdentityFixture web;
  web.start_with_login();
  REQUIRE(web.make_key("taken", "readonly").size() == 32);
  for (const std::string json : {R"({"name":"taken","role":"admin","duration":0})",
                                 R"({"role":"admin"})",
                                 R"({"name":"a"})",
                                 R"({"name":"","role":"admin"})",
                                 R"({"name":"a","role":""})",
                                 R"({"name":"a","role":"any"})",
                                 R"({"name":"a","role":"none"})",
                                 R"({"name":"a","role":"a b"})",
                                 R"({"name":"web logon","role":"admin"})",
                                 R"({"name":"a\nb","role":"admin"})",
                                 R"({"name":"a","role":"admin","duration":-1})",
                                 R"({"name":"a","role":"admin","duration":"soon"})",
                                 R"({"name":"a","role":"admin","duration":1e300})",
                                 R"({"name":"a","role":"admin","duration":[]})",
                                 R"({"name":1,"role":"admin"})",
                                 R"([])",
                                 R"("x")",
                                 "",
                                 "{",
                                 "nonsense"}) {
    INFO(json);
    const Reply reply = web.ask(web.admin(post(kGenerate, json, "application/json")));
    CHECK(reply.status == 500);
    CHECK(reply.body.starts_with("ERROR: "));
  }
  const Reply long_name =
      web.ask(web.admin(post(kGenerate, R"({"name":")" + std::string(200, 'x') + R"(","role":"admin"})")));
  CHECK(long_name.status == 500);
  CHECK(names(web) == "taken ");
}

TEST_CASE("making keys over the web can be forbidden") {
  IdentityFixture web;
  web.settings.allow_auth_creation = false;
  web.start_with_login();
  CHECK(web.make_key("a", "readonly").starts_with("ERROR: "));
  CHECK(names(web).empty());
}

TEST_CASE("keys are made, listed and revoked by admin alone") {
  IdentityFixture web;
  web.start_with_login();
  const std::string reader = web.make_key("reader", "readonly");
  for (const Request& request : {post(kGenerate, R"({"name":"a","role":"admin"})"),
                                 post(kRevoke, R"({"name":"reader"})"), get("/auth/apikey/list.json")}) {
    CHECK(web.status(request) == 401);
    CHECK(web.status(cookie(request, reader)) == 401);
  }
  CHECK(names(web) == "reader ");
}

TEST_CASE("a revoked key is valid no more, here and after a restart") {
  IdentityFixture web;
  web.start_with_login();
  const std::string key = web.make_key("map", "readonly");
  const Reply reply = web.ask(web.admin(post(kRevoke, R"({"name":"map"})")));
  CHECK(reply.status == 200);
  CHECK(reply.body == "revoked\n");
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 401);
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 401);
  CHECK(web.make_key("map", "readonly").size() == 32);
}

TEST_CASE("what is no key cannot be revoked") {
  IdentityFixture web;
  web.start_with_login();
  for (const std::string json :
       {R"({"name":"unknown"})", R"({"name":"web logon"})", R"({"name":"kismet"})", R"({})", "x"}) {
    const Reply reply = web.ask(web.admin(post(kRevoke, json)));
    CHECK(reply.status == 500);
    CHECK(reply.body.starts_with("ERROR: "));
  }
}

TEST_CASE("a key expires to the second, while the daemon runs and across a restart, and frees its name") {
  IdentityFixture web;
  web.start_with_login();
  const std::string key = web.make_key("short", "readonly", "60");
  const std::string forever = web.make_key("long", "readonly", "0");
  web.clock.advance(59s);
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 200);
  SECTION("running") {
    web.clock.advance(1s);
  }
  SECTION("restarted") {
    web.stop();
    web.clock.advance(1s);
    REQUIRE(web.start().empty());
  }
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), forever)) == 200);
  CHECK(names(web) == "long ");
  CHECK(web.make_key("short", "readonly", "60").size() == 32);
}

TEST_CASE("keys survive a restart, and a changed login") {
  IdentityFixture web;
  web.start_with_login();
  const std::string key = web.make_key("map", "readonly");
  web.settings.password = "changed";
  REQUIRE(web.restart().empty());
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 200);
}

TEST_CASE("tokens are listed only where the configuration says so, and only of keys made since") {
  IdentityFixture web;
  web.start_with_login();
  web.make_key("before", "readonly");
  web.settings.keep_readable = true;
  REQUIRE(web.restart().empty());
  const std::string key = web.make_key("since", "readonly");
  const Json list = Json::parse(web.ask(web.admin(get("/auth/apikey/list.json"))).body);
  REQUIRE(list.size() == 2);
  CHECK(web.said("httpd_allow_auth_view"));
  CHECK_FALSE(list[0].contains("kismet.httpd.auth.token"));
  CHECK(list[1]["kismet.httpd.auth.token"] == key);
}

TEST_CASE("the list comes in every serialisation, and in no other") {
  IdentityFixture web;
  web.start_with_login();
  web.make_key("a", "x");
  web.make_key("b", "y");
  const auto list = [&](const std::string& extension) {
    return web.ask(web.admin(get("/auth/apikey/list." + extension)));
  };
  CHECK(list("json").body.find('\n') == std::string::npos);
  CHECK(Json::parse(list("prettyjson").body) == Json::parse(list("json").body));
  const std::string lines = list("itjson").body;
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(Json::parse(lines.substr(0, lines.find('\n')))["kismet.httpd.auth.name"] == "a");
  CHECK(Json::parse(list("tjson").body)[1]["kismet_httpd_auth_name"] == "b");
  CHECK(list("xml").status == 404);
  CHECK(list("").status == 404);
}

TEST_CASE("keys are bounded") {
  IdentityFixture web;
  web.settings.api_keys = 2;
  web.start_with_login();
  web.make_key("a", "x");
  web.make_key("b", "x");
  CHECK(web.make_key("c", "x").starts_with("ERROR: "));
}

TEST_CASE("a key that cannot be written is not made, and one that cannot be unwritten is valid no more") {
  IdentityFixture web;
  web.start_with_login();
  const std::string key = web.make_key("a", "x");
  run_task(web.loops.first(), web.identity->saved());
  web.folder.write("session.db", "damaged");
  CHECK(web.make_key("b", "x").starts_with("ERROR: "));
  CHECK(web.ask(web.admin(post(kRevoke, R"({"name":"a"})"))).status == 500);
  CHECK(web.status(cookie(get("/session/check_session"), key)) == 401);
}

TEST_CASE("keys that the command line adds and revokes count as soon as the daemon reads the file again") {
  IdentityFixture web;
  web.start_with_login();
  const std::string kept = web.make_key("kept", "x");
  const std::string gone = web.make_key("gone", "x");
  run_task(web.loops.first(), web.identity->saved());
  TokenFile file(web.settings.session_db, false);
  const auto change = [](StoredTokens& stored) {
    std::erase_if(stored.keys, [](const auto& entry) { return entry.second.name == "gone"; });
    stored.keys[digest_of("NEW")] = {TokenKind::api_key, "new", "readonly", 0, 0, {}};
    return std::string{};
  };
  REQUIRE(file.change(change).error.empty());
  run_task(web.loops.first(), web.identity->reload());
  CHECK(web.status(cookie(get("/session/check_session"), kept)) == 200);
  CHECK(web.status(cookie(get("/session/check_session"), gone)) == 401);
  CHECK(web.status(cookie(get("/session/check_session"), "NEW")) == 200);
  CHECK(names(web) == "kept new ");
}

TEST_CASE("a key that the command line adds counts without anybody telling the daemon") {
  IdentityFixture web;
  web.start_with_login();
  const auto change = [](StoredTokens& stored) {
    stored.keys[digest_of("NEW")] = {TokenKind::api_key, "new", "readonly", 0, 0, {}};
    return std::string{};
  };
  REQUIRE(TokenFile(web.settings.session_db, false).change(change).error.empty());
  CHECK(web.eventually(cookie(get("/session/check_session"), "NEW"), 200));
}

TEST_CASE("a damaged session database is set aside, said, and does not keep the daemon from starting") {
  IdentityFixture web;
  web.folder.write("session.db", "{ damaged");
  web.start_with_login();
  CHECK(web.said("session.db.bad"));
  CHECK(web.make_key("a", "x").size() == 32);
  CHECK(web.folder.read("session.db.bad") == "{ damaged");
}
