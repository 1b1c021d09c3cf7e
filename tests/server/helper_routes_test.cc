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

  HelperRoutes::Added add(const std::string& owner, std::string_view method, std::string_view uri) {
    return routes.add(owner, "admin", method, uri, owner == "a" ? handler_a : handler_b);
  }
  HelperRoutes::Added add_for(HelperLifeId life, std::string_view uri, const std::shared_ptr<Handler>& handler) {
    return routes.add("a", "admin", "GET", uri, handler, life);
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
  std::shared_ptr<ParkedHandler> parked = std::make_shared<ParkedHandler>(loops, routers);
  std::shared_ptr<Handler> handler_a = std::make_shared<NoHandler>();
  std::shared_ptr<Handler> handler_b = std::make_shared<NoHandler>();
  HelperRoutes routes{loops, routers, own, parked};
};

constexpr HelperLifeId kOld{1};
constexpr HelperLifeId kNew{2};

/// Helper "a" serves /one and /two, and its next life has begun.
struct Swapping : Routes {
  Swapping() {
    routes.serve("a", kOld);
    CHECK(add_for(kOld, "/one", handler_a).empty());
    CHECK(add_for(kOld, "/two", handler_a).empty());
    routes.begin_swap("a", kNew, [this] { ++registered; });
  }
  int registered = 0;
  std::shared_ptr<Handler> next = std::make_shared<NoHandler>();
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

TEST_CASE_METHOD(Swapping, "a next life's URIs become routes all at once, when none is lacking") {
  const HelperRoutes::Added one = add_for(kNew, "/one", next);
  CHECK((one.empty() && one.aside));
  CHECK(add_for(kNew, "/three", next).aside);
  CHECK(registered == 2);
  CHECK(found("GET", "/one") == handler_a.get());
  CHECK(found("GET", "/three") == nullptr);
  REQUIRE(routes.lacking("a").size() == 1);
  CHECK(routes.lacking("a")[0].uri == "/two");
  CHECK_FALSE(routes.finish_swap("a"));
  CHECK(found("GET", "/one") == handler_a.get());

  CHECK(add_for(kNew, "/two", next).aside);
  const auto fresh = routes.finish_swap("a");
  REQUIRE(fresh);
  REQUIRE(fresh->size() == 1);
  CHECK((*fresh)[0].uri == "/three");
  for (const char* uri : {"/one", "/two", "/three"}) CHECK(found("GET", uri) == next.get());
}

TEST_CASE_METHOD(Swapping, "after a swap the new life registers, and the old one no more") {
  CHECK(add_for(kNew, "/one", next).aside);
  CHECK(add_for(kNew, "/two", next).aside);
  REQUIRE(routes.finish_swap("a"));
  CHECK(add_for(kOld, "/late", handler_a) == "another process serves as this helper now");
  const HelperRoutes::Added more = add_for(kNew, "/more", next);
  CHECK((more.empty() && !more.aside));
  CHECK(found("GET", "/more") == next.get());
  routes.park(*handler_a);  // The old one has ended.
  CHECK(found("GET", "/one") == next.get());
}

TEST_CASE_METHOD(Swapping, "the end of the old life takes nothing from the new one") {
  CHECK(add_for(kNew, "/one", next).aside);
  CHECK(add_for(kNew, "/two", next).aside);
  REQUIRE(routes.finish_swap("a"));
  routes.park(*next);
  CHECK(routes.remove("a", kOld).empty());
  CHECK(routes.remove_parked("a", kOld).empty());
  CHECK(found("GET", "/one") == parked.get());
  CHECK(routes.remove("a", kNew).size() == 2);
}

TEST_CASE_METHOD(Swapping, "a swap that is given up leaves everything as it was") {
  CHECK(add_for(kNew, "/one", next).aside);
  CHECK(add_for(kNew, "/three", next).aside);
  routes.cancel_swap("a");
  CHECK(found("GET", "/one") == handler_a.get());
  CHECK(found("GET", "/three") == nullptr);
  CHECK_FALSE(add_for(kNew, "/two", next).empty());
  CHECK(add_for(kOld, "/three", handler_a).empty());
}

TEST_CASE_METHOD(Swapping, "a life that ends during the swap takes back what it registered") {
  CHECK(add_for(kNew, "/one", next).aside);
  CHECK(add_for(kNew, "/two", next).aside);
  routes.park(*next);
  CHECK(routes.lacking("a").size() == 2);
  CHECK(found("GET", "/one") == handler_a.get());
}

TEST_CASE_METHOD(Swapping, "the old life restarts during the swap as ever") {
  routes.park(*handler_a);
  CHECK(found("GET", "/one") == parked.get());
  const auto again = std::make_shared<NoHandler>();
  CHECK(add_for(kOld, "/one", again).empty());
  CHECK(found("GET", "/one") == again.get());
  CHECK(add_for(kNew, "/one", next).aside);
  CHECK(add_for(kNew, "/two", next).aside);
  CHECK(routes.finish_swap("a"));
  CHECK(found("GET", "/two") == next.get());
}

TEST_CASE_METHOD(Swapping, "nobody else gets a URI that a next life is about to have") {
  CHECK(add_for(kNew, "/three", next).aside);
  CHECK(add("b", "GET", "/three") == "the path belongs to helper a");
  routes.cancel_swap("a");
  CHECK(add("b", "GET", "/three").empty());
}

TEST_CASE_METHOD(Routes, "a page of the daemon's is nobody's for any method, however its address is written") {
  own.add({"GET", "/", "none", {}, true, {}});
  own.add({"GET", "/index.html", "none", {}, true, {}});
  for (const char* uri : {"/", "/index.html", "/system/status.json", "/index%2ehtml", "/%73ystem/status.json"}) {
    for (const char* method : {"GET", "POST", "PUT"}) {
      CHECK(add("a", method, uri) == "the path is the daemon's own");
    }
  }
  CHECK(add("a", "GET", "/index.htm").empty());
}

TEST_CASE_METHOD(Routes, "a helper may have the front page where the daemon has none") {
  CHECK(add("a", "GET", "/").empty());
  CHECK(found("GET", "/") == handler_a.get());
}
