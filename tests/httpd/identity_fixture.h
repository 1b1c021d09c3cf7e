#pragma once

#include <sodium.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/worker.h"
#include "httpd/handler.h"
#include "httpd/identity.h"
#include "tests/support/fake_response_writer.h"
#include "tests/support/run_task.h"
#include "tests/support/temporary_folder.h"

namespace kismet::testing {

inline Request get(const std::string& target) {
  Request request;
  request.method = "GET";
  request.target = target;
  request.path = target.substr(0, target.find('?'));
  if (const auto mark = target.find('?'); mark != std::string::npos) request.query = target.substr(mark + 1);
  request.client_address = "127.0.0.1";
  request.from_loopback = true;
  return request;
}

inline Request post(const std::string& target, std::string body,
                    const std::string& type = "application/x-www-form-urlencoded") {
  Request request = get(target);
  request.method = "POST";
  request.headers.add("Content-Type", type);
  request.body = std::move(body);
  return request;
}

inline Request with(Request request, std::string_view header, std::string_view value) {
  request.headers.add(header, value);
  return request;
}

inline Request basic(Request request, std::string_view name_and_password) {
  std::string encoded(sodium_base64_ENCODED_LEN(name_and_password.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(name_and_password.data()),
                    name_and_password.size(), sodium_base64_VARIANT_ORIGINAL);
  encoded.resize(encoded.find('\0'));
  return with(std::move(request), "Authorization", "Basic " + encoded);
}

inline Request cookie(Request request, const std::string& token) {
  return with(std::move(request), "Cookie", "KISMET=" + token);
}

inline Request from(Request request, const std::string& address) {
  request.client_address = address;
  request.from_loopback = false;
  return request;
}

/// What a client gets.
struct Reply {
  unsigned status = 0;
  std::string body;
  std::string type;
  std::string set_cookie;
  std::string retry_after;
  Principal principal;
  bool forgets = false;  // The cookie is taken away.

  /// The token in the cookie that was set.
  std::string session() const {
    return set_cookie.starts_with("KISMET=") ? set_cookie.substr(7, set_cookie.find(';') - 7) : std::string{};
  }
};

/// The identity side of a web server, with files in a folder of its own and hashes that cost little: asks what clients
/// ask, as the server would.
class IdentityFixture {
 public:
  explicit IdentityFixture(std::size_t loop_count = 1) : loops(clock, loop_count) {
    settings.auth_file = folder.file("kismet_httpd.conf");
    settings.session_db = folder.file("session.db");
    settings.hash_operations = 1;
    settings.hash_memory = 8192;
  }
  ~IdentityFixture() { stop(); }

  /// Starts the daemon's part; returns why it would not.
  std::string start() {
    worker = std::make_unique<Worker>("test");
    identity = std::make_unique<Identity>(loops, *worker, settings,
                                          [this](const std::string& line) { audit.push_back(line); });
    const std::string error = identity->load();
    routes = identity->routes();
    return error;
  }
  void stop() {
    if (identity) run_task(loops.first(), identity->stop());
    routes.clear();
    identity.reset();
    worker.reset();
  }
  std::string restart() {
    stop();
    return start();
  }
  void start_with_login(const std::string& name = "kismet", const std::string& password = "secret") {
    settings.username = name;
    settings.password = password;
    if (const std::string error = start(); !error.empty()) throw std::runtime_error(error);
  }

  Reply ask(Request request) { return run_task(loops.first(), answer(std::move(request))); }
  unsigned status(Request request) { return ask(std::move(request)).status; }
  /// Asks until the answer has this status; false if that takes too long.
  bool eventually(const Request& request, unsigned wanted) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (status(request) != wanted) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }
  bool said(std::string_view text) const {
    return std::any_of(audit.begin(), audit.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  /// Makes an API key as an admin does who sends Basic.
  std::string make_key(const std::string& name, const std::string& role, const std::string& duration = "0") {
    const std::string json = R"({"name":")" + name + R"(","role":")" + role + R"(","duration":)" + duration + "}";
    return ask(admin(post("/auth/apikey/generate.cmd", json, "application/json"))).body;
  }
  Request admin(Request request) const {
    return basic(std::move(request), settings.username + ":" + settings.password);
  }

  ManualClock clock;
  TemporaryFolder folder;
  IdentitySettings settings;
  Loops loops;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<Identity> identity;
  std::vector<Route> routes;
  std::vector<std::string> audit;

  Task<Reply> answer(Request request) {
    Reply reply;
    AuthResult who;
    Authenticator& authenticator = identity->authenticator();
    if (!authenticator.try_authenticate(request, who)) who = co_await authenticator.authenticate(request);
    reply.principal = request.principal = who.principal;
    reply.set_cookie = who.set_cookie;
    const Route* route = find(request);
    if (route == nullptr) {
      reply.status = 404;
    } else if (!may_use(who.principal, route->role)) {
      reply.status = who.retry_after > 0 ? 429 : 401;
      reply.retry_after = who.retry_after > 0 ? std::to_string(who.retry_after) : "";
    } else {
      FakeResponseWriter out(loops.first());
      co_await route->handler->handle(request, out);
      reply.status = out.status();
      reply.body = out.body();
      reply.type = out.content_type();
      reply.forgets = out.header("Set-Cookie").starts_with("KISMET=; Path=/; Max-Age=0");
      if (!out.header("Retry-After").empty()) reply.retry_after = out.header("Retry-After");
    }
    co_return reply;
  }

 private:
  /// As the router does, for the patterns that are used here.
  const Route* find(Request& request) const {
    for (const Route& route : routes) {
      if (route.method != request.method) continue;
      if (route.pattern == request.path) return &route;
      const std::string_view stem = std::string_view(route.pattern).substr(0, route.pattern.size() - 1);
      if (route.pattern.ends_with(".*") && request.path.starts_with(stem)) {
        request.captures = {request.path.substr(stem.size())};
        return &route;
      }
    }
    return nullptr;
  }
};

}  // namespace kismet::testing
