#include "server/helper_routes.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "httpd/handler.h"

using namespace kismet;

namespace {

struct NoHandler final : Handler {
  Task<void> handle(const Request&, ResponseWriter&) override { co_return; }
};

struct Routes {
  explicit Routes(std::size_t count = 1) : loops(clock, count) {
    own.add({"GET", "/system/status.*", "readonly", {}, false, std::make_shared<NoHandler>()});
  }

  std::string add(const std::string& owner, std::string_view method, std::string_view uri) {
    return routes.add(owner, "admin", method, uri, owner == "a" ? handler_a : handler_b);
  }
  const Handler* found(std::string_view method, std::string_view path) {
    loops.first().context().restart();
    loops.first().context().poll();
    const Router::Match match = routers.local(loops.first()).match(method, path);
    return match.route ? match.route->handler.get() : nullptr;
  }

  Clock clock;
  Loops loops;
  Replicated<Router> routers{loops, [](Loop&) { return std::make_shared<Router>(); }};
  Router own;
  std::shared_ptr<Handler> parked = std::make_shared<NoHandler>();
  std::shared_ptr<Handler> handler_a = std::make_shared<NoHandler>();
  std::shared_ptr<Handler> handler_b = std::make_shared<NoHandler>();
  HelperRoutes routes{loops, routers, own, parked};
};

struct RoutesOnTwoLoops : Routes {
  RoutesOnTwoLoops() : Routes(2) {}
};

}  // namespace

TEST_CASE_METHOD(Routes, "a registered URI is a route to its helper, for its method alone") {
  CHECK(add("a", "GET", "/a/page.html").empty());
  CHECK(found("GET", "/a/page.html") == handler_a.get());
  CHECK(found("HEAD", "/a/page.html") == handler_a.get());
  CHECK(found("POST", "/a/page.html") == nullptr);
  CHECK(add("a", "POST", "/a/page.html").empty());
  CHECK(found("POST", "/a/page.html") == handler_a.get());
}

TEST_CASE_METHOD(Routes, "characters that mean something in patterns are literal in a helper's URI") {
  CHECK(add("a", "GET", "/a/[x].*+").empty());
  CHECK(add("a", "GET", "/b/:name/*").empty());
  CHECK(found("GET", "/a/[x].*+") == handler_a.get());
  CHECK(found("GET", "/a/x.json") == nullptr);
  CHECK(found("GET", "/b/other/x") == nullptr);
  CHECK(found("GET", "/b/:name/*") == handler_a.get());
}

TEST_CASE_METHOD(Routes, "a URI belongs to the first who registers it, and the daemon's own to nobody else") {
  CHECK(add("a", "GET", "/page").empty());
  CHECK(add("b", "GET", "/page") == "the path belongs to helper a");
  CHECK(add("a", "GET", "/page").empty());
  CHECK(add("a", "GET", "/system/status.json") == "the path is the daemon's own");
  CHECK(found("GET", "/page") == handler_a.get());
}

TEST_CASE_METHOD(Routes, "what is no path, or no method, is refused with the reason") {
  CHECK_FALSE(add("a", "GET", "").empty());
  CHECK_FALSE(add("a", "GET", "page").empty());
  CHECK_FALSE(add("a", "GET", "/a b").empty());
  CHECK_FALSE(add("a", "GET", "/a?b").empty());
  CHECK_FALSE(add("a", "GET", "/a\r\nb").empty());
  CHECK_FALSE(add("a", "get", "/a").empty());
  CHECK_FALSE(add("a", "", "/a").empty());
  CHECK_FALSE(add("a", "GET", "/" + std::string(5000, 'x')).empty());
}

TEST_CASE_METHOD(Routes, "a helper that is away keeps its URIs until it is gone for good") {
  add("a", "GET", "/one");
  add("a", "GET", "/two");
  add("b", "GET", "/three");
  routes.park(*handler_a);
  CHECK(found("GET", "/one") == parked.get());
  CHECK(found("GET", "/three") == handler_b.get());
  CHECK(add("b", "GET", "/one") == "the path belongs to helper a");

  CHECK(add("a", "GET", "/one").empty());
  CHECK(found("GET", "/one") == handler_a.get());
  CHECK(routes.remove_parked("a").size() == 1);
  CHECK(found("GET", "/two") == nullptr);
  CHECK(found("GET", "/one") == handler_a.get());

  CHECK(routes.remove("a").size() == 1);
  CHECK(found("GET", "/one") == nullptr);
  CHECK(add("b", "GET", "/one").empty());
}

TEST_CASE_METHOD(Routes, "the end of an old session does not park what a newer one has registered") {
  const auto newer = std::make_shared<NoHandler>();
  add("a", "GET", "/one");
  CHECK(routes.add("a", "admin", "GET", "/one", newer).empty());
  routes.park(*handler_a);
  CHECK(found("GET", "/one") == newer.get());
}

TEST_CASE_METHOD(RoutesOnTwoLoops,
                 "a helper on the first loop keeps the URI that one on another loop has just given up") {
  add("a", "GET", "/one");
  CHECK(found("GET", "/one") == handler_a.get());
  // The first loop is busy when "a" goes, so that change waits when "b" registers.
  net::post(loops.first().get_executor(), [this] {
    std::thread([this] { routes.remove("a"); }).join();
    CHECK(add("b", "GET", "/one").empty());
  });
  CHECK(found("GET", "/one") == handler_b.get());
}
