#include "server/parked_handler.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/task_group.h"
#include "httpd/request.h"
#include "server/helper_routes.h"
#include "tests/support/fake_response_writer.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

struct Answers final : Handler {
  explicit Answers(std::string with) : text(std::move(with)) {}
  Task<void> handle(const Request&, ResponseWriter& out) override {
    const ResponseHead head{200, "text/plain", {}};
    co_await out.send(head, text);
  }
  std::string text;
};

/// A helper that is away, and its clients.
struct Parked {
  explicit Parked(ParkedSettings settings = {}) : parked(std::make_shared<ParkedHandler>(loops, routers, settings)) {
    CHECK(routes.add("demo", "readonly", "GET", "/demo/page", before).empty());
    CHECK(routes.add("demo", "readonly", "POST", "/demo/page", before).empty());
    routes.park(*before);
    settle();
  }
  ~Parked() {
    for (const auto& client : clients) client->leave();
    settle();
    CHECK(tasks.running() == 0);
    CHECK(routes.waiting() == 0);
    CHECK(bugs.empty());
  }

  FakeResponseWriter& ask(const std::string& method) {
    auto request = std::make_unique<Request>();
    request->method = method;
    request->path = "/demo/page";
    request->principal = {"tester", "readonly"};
    clients.push_back(std::make_unique<FakeResponseWriter>(loops.first(), method == "HEAD"));
    tasks.spawn("request", parked->handle(*request, *clients.back()));
    requests.push_back(std::move(request));
    settle();
    return *clients.back();
  }
  void comes_back(const std::string& role = "readonly") {
    CHECK(routes.add("demo", role, "GET", "/demo/page", after).empty());
    settle();
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loops.first().deadlines().sweep();
    settle();
  }
  void settle() {
    loops.first().context().restart();
    while (loops.first().context().poll() > 0) loops.first().context().restart();
  }

  ManualClock clock;
  Loops loops{clock, 1};
  Replicated<Router> routers{loops, [](Loop&) { return std::make_shared<Router>(); }};
  Router own;
  std::shared_ptr<ParkedHandler> parked;
  HelperRoutes routes{loops, routers, own, parked};
  std::shared_ptr<Handler> before = std::make_shared<Answers>("before");
  std::shared_ptr<Handler> after = std::make_shared<Answers>("after");
  std::vector<std::unique_ptr<Request>> requests;
  std::vector<std::unique_ptr<FakeResponseWriter>> clients;
  std::vector<std::string> bugs;
  TaskGroup tasks{loops.first().get_executor(),
                  [this](const std::string&, const std::string& what) { bugs.push_back(what); }};
};

struct FewPlaces : Parked {
  FewPlaces() : Parked({.wait = 5s, .waiting = 2}) {}
};

struct NoWait : Parked {
  NoWait() : Parked({.wait = 0ms, .waiting = 2}) {}
};

}  // namespace

TEST_CASE_METHOD(Parked, "a GET and a HEAD wait for their helper and are served by it") {
  FakeResponseWriter& get = ask("GET");
  FakeResponseWriter& head = ask("HEAD");
  CHECK_FALSE(get.answered());
  CHECK(routes.waiting() == 2);
  comes_back();
  CHECK(get.status() == 200);
  CHECK(get.body() == "after");
  CHECK(head.status() == 200);
  CHECK(routes.waiting() == 0);
}

TEST_CASE_METHOD(Parked, "a request that may change something is told at once to try again") {
  FakeResponseWriter& post = ask("POST");
  CHECK(post.status() == 503);
  CHECK(post.header("Retry-After") == "1");
}

TEST_CASE_METHOD(Parked, "nobody waits longer than the limit") {
  FakeResponseWriter& get = ask("GET");
  pass(4'999ms);
  CHECK_FALSE(get.answered());
  pass(1ms);
  CHECK(get.status() == 503);
  CHECK(get.header("Retry-After") == "1");
}

TEST_CASE_METHOD(FewPlaces, "over the number of places, requests are refused at once, and a place is given back") {
  ask("GET");
  FakeResponseWriter& second = ask("GET");
  CHECK(ask("GET").status() == 503);
  second.leave();
  settle();
  CHECK_FALSE(ask("GET").answered());
}

TEST_CASE_METHOD(NoWait, "with a limit of nothing nobody waits") {
  CHECK(ask("GET").status() == 503);
}

TEST_CASE_METHOD(Parked, "those who wait for a helper that is gone for good are told so") {
  FakeResponseWriter& get = ask("GET");
  routes.remove("demo");
  settle();
  CHECK(get.status() == 404);
}

TEST_CASE_METHOD(Parked, "a helper that comes back for others alone does not serve who waited") {
  FakeResponseWriter& get = ask("GET");
  comes_back("admin");
  CHECK(get.status() == 403);
}
