// The web server alone with a handler that answers 13 bytes, to measure it beside a bare Beast server: hello_server
// PORT [THREADS]. GET /hello needs no login, GET /login does.

#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/replicated.h"
#include "httpd/http_server.h"

using namespace kismet;

namespace {

class CookieAuthenticator final : public Authenticator {
 public:
  bool try_authenticate(const Request& request, AuthResult& result) override {
    if (request.headers.get("cookie") == "KISMET=token") result.principal = {"user", "admin"};
    return true;
  }
  Task<AuthResult> authenticate(const Request&) override { co_return AuthResult{}; }
};

class Hello final : public Handler {
 public:
  Task<void> handle(const Request&, ResponseWriter& out) override { return answer(out); }

 private:
  Task<void> answer(ResponseWriter& out) { co_await out.send(head_, "Hello, world!"); }
  ResponseHead head_{.status = 200, .content_type = "text/plain", .headers = {}};
};

/// One line, then nothing: what an open stream costs.
class Stream final : public Handler {
 public:
  Task<void> handle(const Request&, ResponseWriter& out) override {
    out.start({.status = 200, .content_type = "text/plain", .headers = {}});
    ChainedBuffer buffer;
    buffer.append("a line\n");
    co_await out.write(buffer);
    while (!out.client_gone()) co_await out.wakeup().wait();
  }
};

int number(const char* text) {
  return std::atoi(text);
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? number(argv[1]) : 0;
  const int threads = argc > 2 ? number(argv[2]) : 1;
  Clock clock;
  Loops loops(clock, static_cast<std::size_t>(threads));
  Replicated<Router> router(loops, [](Loop&) {
    auto routes = std::make_shared<Router>();
    const auto hello = std::make_shared<Hello>();
    routes->add({"GET", "/hello", "none", {}, true, hello});
    routes->add({"GET", "/login", "any", {}, true, hello});
    routes->add({"GET", "/stream", "none", {}, true, std::make_shared<Stream>()});
    return routes;
  });
  CookieAuthenticator authenticator;
  HttpdSettings settings;
  settings.connections = settings.connections_per_address = 20'000;
  HttpServer server(loops, settings, router, authenticator, {});
  const Listening listening =
      server.listen({.address = "127.0.0.1", .port = static_cast<std::uint16_t>(port), .unix_path = {}});
  if (!listening.error.empty()) {
    std::fprintf(stderr, "%s\n", listening.error.c_str());
    return 1;
  }
  std::printf("%u\n", static_cast<unsigned>(listening.port));
  std::fflush(stdout);
  server.start();
  loops.run([](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); });
}
