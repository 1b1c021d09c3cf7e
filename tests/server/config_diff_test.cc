#include "server/config_diff.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace kismet;
using namespace std::chrono_literals;

namespace {

std::string reach(const std::vector<SettingChange>& changes, const std::string& key) {
  const auto found =
      std::find_if(changes.begin(), changes.end(), [&key](const SettingChange& change) { return change.key == key; });
  return found == changes.end() ? "unchanged" : std::string(to_string(found->reach));
}

}  // namespace

TEST_CASE("the same configuration read twice has no changes") {
  CHECK(changed_settings(default_config({}), default_config({})).empty());
}

TEST_CASE("a changed setting says when it counts") {
  const Config now = default_config({});
  Config fresh = now;
  fresh.httpd.port = 4000;
  fresh.helpers.proxy.answer_timeout = 1ms;
  fresh.helpers.settings.shutdown_grace = 1ms;
  fresh.helpers.settings.session.ping_interval = 1ms;
  fresh.helpers.binary_path = {"/elsewhere"};
  fresh.helpers.definitions.emplace_back().name = "new";
  const std::vector<SettingChange> changes = changed_settings(now, fresh);
  CHECK(changes.size() == 5);
  CHECK(reach(changes, "httpd_port") == "restart");
  CHECK(reach(changes, "helper_answer_timeout") == "restart");
  CHECK(reach(changes, "helper_shutdown_grace") == "next_start");
  CHECK(reach(changes, "helper_ping_interval") == "next_start");
  CHECK(reach(changes, "helper_binary_path") == "now");
}
