#include "server/health_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "fake_helper_control.h"

using namespace kismet;

namespace {

/// Takes everybody for what the test says.
class FixedAuthenticator final : public Authenticator {
 public:
  bool try_authenticate(const Request&, AuthResult& result) override {
    result.principal.role = role;
    return true;
  }
  Task<AuthResult> authenticate(const Request& request) override {
    AuthResult result;
    try_authenticate(request, result);
    co_return result;
  }

  std::string role;  // Empty: nobody.
};

struct Site {
  Site() { client.add(health_routes({loop, helpers, authenticator})); }

  ManualClock clock;
  Loop loop{clock};
  testing::FakeHelperControl helpers;
  FixedAuthenticator authenticator;
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("a daemon that answers is alive, and ready without helpers") {
  Site site;
  CHECK(site.client.get("/system/health").body() == "alive\n");
  const testing::FakeResponseWriter& answer = site.client.get("/system/ready");
  CHECK(answer.status() == 200);
  CHECK(answer.body() == "ready\n");
}

TEST_CASE("health asks no login") {
  Site site;
  CHECK(site.client.role("GET", "/system/health") == "none");
  CHECK(site.client.role("GET", "/system/ready") == "none");
}

TEST_CASE("the daemon is ready once all enabled helpers have been") {
  Site site;
  site.helpers.add("first", HelperState::starting);
  site.helpers.add("second", HelperState::failed);
  site.helpers.add("third", HelperState::disabled).definition.enabled = false;
  CHECK(site.client.get("/system/ready").status() == 503);
  for (HelperView& helper : site.helpers.helpers) helper.snapshot.ever_ready = helper.definition.enabled;
  CHECK(site.client.get("/system/ready").status() == 200);
}

TEST_CASE("helpers that are stopped, or need not speak and do not, are not waited for") {
  Site site;
  site.helpers.add("stopped", HelperState::stopped);
  site.helpers.add("silent", HelperState::starting).snapshot.silent = true;
  CHECK(site.client.get("/system/ready").status() == 200);
}

TEST_CASE("which helpers are waited for is told to those who may read it") {
  Site site;
  site.helpers.add("first", HelperState::starting);
  site.helpers.add("second", HelperState::backing_off);
  CHECK(site.client.get("/system/ready").body() == "not ready\n");
  site.authenticator.role = "datasource";
  CHECK(site.client.get("/system/ready").body() == "not ready\n");
  site.authenticator.role = "readonly";
  CHECK(site.client.get("/system/ready").body() == "not ready: first, second\n");
}
