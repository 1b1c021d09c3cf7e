#pragma once

#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "httpd/request.h"
#include "httpd/router.h"
#include "tests/support/fake_response_writer.h"
#include "tests/support/run_task.h"

namespace kismet::testing {

/// Asks routes as the web server does, without one: routes, hands the request to the handler, returns the answer.
class EndpointClient {
 public:
  explicit EndpointClient(Loop& loop) : loop_(loop) {}

  void add(const std::vector<Route>& routes) {
    for (const Route& route : routes) {
      if (!router_.add(route)) throw std::logic_error("the route is taken: " + route.pattern);
    }
  }

  FakeResponseWriter& get(const std::string& target) {
    Request request;
    request.method = "GET";
    return ask(std::move(request), target);
  }
  FakeResponseWriter& post(const std::string& target, std::string body,
                           std::string_view type = "application/x-www-form-urlencoded") {
    Request request;
    request.method = "POST";
    request.headers.add("Content-Type", type);
    request.body = std::move(body);
    return ask(std::move(request), target);
  }
  nlohmann::json get_json(const std::string& target) { return nlohmann::json::parse(get(target).body()); }
  /// What role the route of `path` asks for; empty if there is none.
  std::string role(std::string_view method, std::string_view path) const {
    const Router::Match match = router_.match(method, path);
    return match.route == nullptr ? std::string() : match.route->role;
  }

 private:
  FakeResponseWriter& ask(Request request, const std::string& target) {
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.client_address = "127.0.0.1";
    request.principal = {"tester", "admin"};
    Router::Match match = router_.match(request.method, request.path);
    if (match.route == nullptr) throw std::logic_error("no route for " + target);
    request.captures = match.captures;
    const std::shared_ptr<Handler> handler = match.route->handler;
    writer_ = std::make_unique<FakeResponseWriter>(loop_);
    run_task(loop_, handler->handle(request, *writer_));
    return *writer_;
  }

  Loop& loop_;
  Router router_;
  std::unique_ptr<FakeResponseWriter> writer_;
};

}  // namespace kismet::testing
