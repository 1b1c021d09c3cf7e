#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;

namespace {

std::string post(const std::string& lines, const std::string& path = "/echo") {
  return "POST " + path + " HTTP/1.1\r\nContent-Length: 0\r\n" + lines + "\r\n";
}

}  // namespace

TEST_CASE("a page of another origin may read nothing and change nothing") {
  ServerFixture server;
  RawClient client(server.port());
  struct Case {
    std::string lines;
    int status;
  };
  const std::vector<Case> cases = {
      {"Host: localhost\r\n", 200},
      {"Host: localhost\r\nOrigin: http://localhost\r\n", 200},
      {"Host: localhost\r\nOrigin: https://localhost\r\n", 200},
      {"Host: LOCALHOST\r\nOrigin: http://localhost\r\n", 200},
      {"Host: localhost:80\r\nOrigin: http://localhost\r\n", 200},
      {"Host: localhost:443\r\nOrigin: https://localhost\r\n", 200},
      {"Host: localhost:2501\r\nOrigin: http://localhost:2501\r\n", 200},
      {"Host: [::1]:2501\r\nOrigin: http://[::1]:2501\r\n", 200},
      {"Host: localhost:2501\r\nOrigin: http://localhost:2502\r\n", 403},
      {"Host: localhost\r\nOrigin: http://localhost:2501\r\n", 403},
      {"Host: localhost\r\nOrigin: http://evil.example\r\n", 403},
      {"Host: localhost\r\nOrigin: http://localhost.evil.example\r\n", 403},
      {"Host: localhost\r\nOrigin: null\r\n", 403},
      {"Host: localhost\r\nOrigin: file://\r\n", 403},
      {"Host: localhost\r\nOrigin: http://localhost, http://evil.example\r\n", 403},
      {"Host: localhost\r\nOrigin: http://evil.example\r\nX-Forwarded-Host: evil.example\r\n", 403},
      {"Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403},
      {"Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", 200},
  };
  for (const Case& one : cases) {
    INFO(one.lines);
    const RawAnswer answer = client.ask(post(one.lines));
    CHECK(answer.status == one.status);
    CHECK(answer.header("access-control-allow-origin").empty());
  }
  const RawAnswer read = client.ask(get("/hello", "Origin: http://evil.example\r\n"));
  CHECK(read.status == 200);
  CHECK(read.header("access-control-allow-origin").empty());
}

TEST_CASE("listed origins may read with credentials, and change; others not") {
  HttpdSettings settings;
  settings.allow_cors = true;
  settings.allowed_origins = {"https://ui.example", "http://other.example:8080"};
  ServerFixture server(settings);
  RawClient client(server.port());
  for (const std::string origin : {"https://ui.example", "http://other.example:8080"}) {
    const RawAnswer answer = client.ask(post("Host: localhost\r\nOrigin: " + origin + "\r\n"));
    CHECK(answer.status == 200);
    CHECK(answer.header("access-control-allow-origin") == origin);
    CHECK(answer.header("access-control-allow-credentials") == "true");
    CHECK(answer.header("vary") == "Origin");
  }
  for (const std::string origin : {"http://ui.example", "https://ui.example:8443", "https://evil.example"}) {
    CHECK(client.ask(post("Host: localhost\r\nOrigin: " + origin + "\r\n")).status == 403);
    const RawAnswer answer = client.ask(get("/hello", "Origin: " + origin + "\r\n"));
    CHECK(answer.status == 200);
    CHECK(answer.header("access-control-allow-origin").empty());
    CHECK(answer.header("vary") == "Origin");
  }
  CHECK(client.ask(get("/secret", "Origin: https://ui.example\r\n")).header("access-control-allow-origin") ==
        "https://ui.example");
}

TEST_CASE("without a list other origins may read, but never as somebody, and change nothing") {
  HttpdSettings settings;
  settings.allow_cors = true;
  ServerFixture server(settings);
  RawClient client(server.port());
  const RawAnswer answer = client.ask(get("/hello", "Origin: https://any.example\r\n"));
  CHECK(answer.header("access-control-allow-origin") == "*");
  CHECK(answer.header("access-control-allow-credentials").empty());
  CHECK(client.ask(post("Host: localhost\r\nOrigin: https://any.example\r\n")).status == 403);
}

TEST_CASE("a preflight is answered without a login, for the methods that the address has") {
  HttpdSettings settings;
  settings.allow_cors = true;
  settings.allowed_origins = {"https://ui.example"};
  ServerFixture server(settings);
  RawClient client(server.port());
  const std::string asks =
      "Host: localhost\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type, x-thing\r\n";
  const auto preflight = [&](const std::string& path, const std::string& origin) {
    return client.ask("OPTIONS " + path + " HTTP/1.1\r\n" + asks + "Origin: " + origin + "\r\n\r\n");
  };
  const RawAnswer yes = preflight("/admin-only", "https://ui.example");
  CHECK(yes.status == 204);
  CHECK(yes.header("access-control-allow-origin") == "https://ui.example");
  CHECK(yes.header("access-control-allow-methods") == "OPTIONS, POST");
  CHECK(yes.header("access-control-allow-headers") == "content-type, x-thing");
  CHECK(preflight("/admin-only", "https://evil.example").header("access-control-allow-methods").empty());
  CHECK(preflight("/nothing", "https://ui.example").status == 404);
}

TEST_CASE("proxies are believed if they are trusted, and nobody else is") {
  HttpdSettings settings;
  SECTION("not trusted") {
    ServerFixture server(settings);
    RawClient client(server.port());
    CHECK(client.ask(get("/echo")).body.find("client=127.0.0.1 loopback=1 secure=0") != std::string::npos);
    const RawAnswer answer = client.ask(get("/echo", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"));
    CHECK(answer.body.find("client=127.0.0.1 loopback=0 secure=0") != std::string::npos);
  }
  SECTION("trusted") {
    settings.trusted_proxies = {"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"};
    ServerFixture server(settings);
    RawClient client(server.port());
    const auto seen = [&](const std::string& lines) {
      const std::string body = client.ask(get("/echo", lines)).body;
      const std::size_t at = body.find("client=");
      return body.substr(at + 7, body.find(' ', at) - at - 7);
    };
    CHECK(seen("X-Forwarded-For: 192.0.2.1\r\n") == "192.0.2.1");
    CHECK(seen("X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n") == "192.0.2.1");
    CHECK(seen("X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.2.3.4\r\n") == "192.0.2.1");
    CHECK(seen("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.2.3.4\r\n") == "192.0.2.1");
    CHECK(seen("X-Forwarded-For: 192.0.2.1:4711\r\n") == "192.0.2.1");
    CHECK(seen("X-Forwarded-For: [2001:db9::1]:4711\r\n") == "2001:db9::1");
    CHECK(seen("X-Forwarded-For: 2001:db9::1, 2001:db8::5\r\n") == "2001:db9::1");
    CHECK(seen("X-Forwarded-For: ::ffff:192.0.2.7\r\n") == "192.0.2.7");
    CHECK(seen("X-Forwarded-For: garbage, 10.1.1.1\r\n") == "10.1.1.1");
    CHECK(seen("X-Forwarded-For: garbage\r\n") == "127.0.0.1");
    CHECK(client.ask(get("/echo", "X-Forwarded-For: 192.0.2.1\r\n")).body.find("loopback=0") != std::string::npos);
    CHECK(client.ask(get("/echo", "X-Forwarded-Proto: https\r\n")).body.find("loopback=0 secure=1") !=
          std::string::npos);
    const std::string behind = "X-Forwarded-Host: kismet.example\r\nOrigin: https://kismet.example\r\n";
    CHECK(client.ask(post("Host: localhost\r\n" + behind)).status == 200);
    CHECK(client.ask("GET /hello HTTP/1.1\r\nHost: kismet.example\r\n\r\n").status == 200);
    const std::string below = "HEAD /hello HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Prefix: /a/b\r\n\r\n";
    CHECK(client.ask(below, true).header("x-proxy-dir") == "a/b/");
  }
}

TEST_CASE("hosts that are listed may be used on loopback") {
  HttpdSettings settings;
  settings.allowed_hosts = {"kismet.lan"};
  ServerFixture server(settings);
  RawClient client(server.port());
  CHECK(client.ask("GET /hello HTTP/1.1\r\nHost: kismet.lan:2501\r\n\r\n").status == 200);
  CHECK(client.ask("GET /hello HTTP/1.1\r\nHost: evil.lan\r\n\r\n").status == 421);
}

TEST_CASE("error pages come as the client wants them, escaped, and with nothing in them that runs") {
  ServerFixture server;
  RawClient client(server.port());
  const RawAnswer text = client.ask(get("/nothing"));
  CHECK(text.header("content-type") == "text/plain; charset=utf-8");
  CHECK(text.body == "404 Not Found: There is nothing at this address\n");
  const RawAnswer html = client.ask(get("/nothing", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"));
  CHECK(html.header("content-type") == "text/html; charset=utf-8");
  CHECK(html.body.find("<h1>404 Not Found</h1>") != std::string::npos);
  CHECK(html.header("content-security-policy").starts_with("default-src 'none'"));
  CHECK(html.header("x-content-type-options") == "nosniff");
  CHECK(html.header("x-frame-options") == "SAMEORIGIN");
  CHECK(html.header("cache-control") == "no-store");
  for (const std::string& asks : {get("/nothing", "Accept: application/json\r\n"), get("/nothing.json")}) {
    const RawAnswer json = client.ask(asks);
    CHECK(json.header("content-type") == "application/json");
    const nlohmann::json parsed = nlohmann::json::parse(json.body);
    CHECK(parsed["status"] == 404);
    CHECK(parsed["error"] == "Not Found");
    CHECK(json.body.find('\n') == std::string::npos);
  }
}

TEST_CASE("a prefix is taken off paths that have it, and off no others") {
  HttpdSettings settings;
  settings.uri_prefix = "/kismet";
  ServerFixture server(settings);
  RawClient client(server.port());
  const auto path = [&](const std::string& target) {
    const std::string body = client.ask(get(target)).body;
    return body.substr(0, body.find('\n'));
  };
  CHECK(path("/kismet/echo?a=1") == "GET /echo?a=1");
  CHECK(path("/kismet//echo") == "GET /echo?");
  CHECK(path("/echo") == "GET /echo?");
  const RawAnswer head = client.ask("HEAD /kismet/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
  CHECK(head.header("x-proxy-dir") == "kismet/");
  const std::string forwarded = "HEAD /hello HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Prefix: /evil\r\n\r\n";
  CHECK(client.ask(forwarded, true).header("x-proxy-dir").empty());
  CHECK(client.ask(get("/kismetecho")).status == 404);
  CHECK(client.ask(get("/kismet")).status == 404);
  CHECK(client.ask(get("/kismet/kismet/echo")).status == 404);
}

TEST_CASE("the path below which a client sees us is believed of a trusted proxy alone, in either header") {
  HttpdSettings settings;
  settings.trusted_proxies = {"127.0.0.1"};
  const auto told = [](const HttpdSettings& with, const std::string& line) {
    ServerFixture server(with);
    server.route("GET", "/prefix", "none", [](const Request& request, ResponseWriter& out) -> Task<void> {
      const ResponseHead head{200, "text/plain", {}};
      const std::string body = "<" + request.prefix + ">";
      co_await out.send(head, body);
    });
    RawClient client(server.port());
    return client.ask(get("/prefix", line)).body;
  };
  CHECK(told(settings, "X-Forwarded-Prefix: /a/b/\r\n") == "</a/b>");
  CHECK(told(settings, "X-Proxy-Dir: kismet/\r\n") == "</kismet>");
  CHECK(told(settings, "X-Forwarded-Prefix: /a b;Domain=x\r\n") == "<>");
  CHECK(told(settings, "") == "<>");
  CHECK(told({}, "X-Forwarded-Prefix: /a\r\n") == "<>");
}

TEST_CASE("what no route has is asked of the fallback, whatever the method; the body of such a request is not read") {
  ServerFixture server;
  std::string seen;
  auto answer = [&seen](const Request& request, ResponseWriter& out) -> Task<void> {
    seen = request.method + request.body;
    const ResponseHead head{request.method == "GET" ? 200U : 405U, "text/plain", {{"Allow", "GET"}}};
    const std::string_view body = "file\n";
    co_await out.send(head, body);
  };
  server.server().set_fallback(std::make_shared<FunctionHandler>(answer));
  RawClient client(server.port());
  CHECK(client.ask(get("/file")).body == "file\n");
  CHECK(client.ask("DELETE /file HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 405);
  CHECK(client.ask("PUT /file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n").status == 405);
  CHECK(client.is_closed());
  CHECK(seen == "PUT");
}
