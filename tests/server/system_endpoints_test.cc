#include "server/system_endpoints.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"
#include "power_supplies.h"
#include "server/battery.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Site {
  Site() { client.add(system_routes(status)); }

  ManualClock clock;
  SystemStatus status{{.server_name = "attic",
                       .server_uuid = "u-u-i-d",
                       .version = "0.1.0",
                       .git = {},
                       .build_time = {},
                       .user = "kay"},
                      clock};
  Loop loop{clock};
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("the status has every key that clients read") {
  Site site;
  site.clock.advance(std::chrono::seconds(90));
  site.status.sample();
  const Json status = site.client.get_json("/system/status.json");
  for (const char* key : {"battery.percentage",
                          "battery.charging",
                          "battery.ac",
                          "battery.remaining",
                          "timestamp.sec",
                          "timestamp.usec",
                          "timestamp.start_sec",
                          "memory.rss",
                          "memory.rrd",
                          "devices.count",
                          "devices.rrd",
                          "user",
                          "version",
                          "git",
                          "build_time",
                          "server_name",
                          "server_description",
                          "server_location",
                          "sensors.fan",
                          "sensors.temp",
                          "num_fields",
                          "num_components",
                          "num_http_connections",
                          "string_cache_size"}) {
    CAPTURE(key);
    CHECK(status.contains("kismet.system." + std::string(key)));
  }
  CHECK(status["kismet.server.uuid"] == "u-u-i-d");
  CHECK(status["kismet.system.server_name"] == "attic");
  CHECK(status["kismet.system.timestamp.sec"] == 1'700'000'090);
  CHECK(status["kismet.system.timestamp.start_sec"] == 1'700'000'000);
  CHECK(status["kismet.system.memory.rss"] > 1000);
  const Json& course = status["kismet.system.memory.rrd"]["kismet.common.rrd.minute_vec"];
  CHECK(course.size() == 60);
  CHECK(course[1'700'000'090 % 60] > 1000);
}

TEST_CASE("other parts of the daemon add keys to the status") {
  Site site;
  site.status.add("kismet.system.num_http_connections", [] { return 7; });
  CHECK(site.client.get_json("/system/status.json")["kismet.system.num_http_connections"] == 7);
  CHECK(site.status.statistics()["kismet.system.num_http_connections"] == 7);
}

TEST_CASE("the time is seconds and microseconds") {
  Site site;
  site.clock.advance(std::chrono::microseconds(1'000'042));
  CHECK(site.client.get("/system/timestamp.json").body() ==
        R"({"kismet.system.timestamp.sec":1700000001,"kismet.system.timestamp.usec":42})");
  CHECK(site.client.get("/system/timestamp.tjson").body() ==
        R"({"kismet_system_timestamp_sec":1700000001,"kismet_system_timestamp_usec":42})");
}

TEST_CASE("the user's name takes no login, the rest the role readonly") {
  Site site;
  CHECK(site.client.get("/system/user_status.json").body() == R"({"kismet.system.user":"kay"})");
  CHECK(site.client.get("/system/user_status.json").content_type() == "application/json");
  CHECK(site.client.role("GET", "/system/user_status.json") == "none");
  CHECK(site.client.role("GET", "/system/status.json") == "readonly");
  CHECK(site.client.role("POST", "/system/timestamp.json") == "readonly");
  CHECK(site.client.role("GET", "/system/tracked_fields.html") == "readonly");
}

TEST_CASE("the page of fields names them") {
  Site site;
  const std::string page = site.client.get("/system/tracked_fields.html").body();
  CHECK(page.find("<td>kismet.system.memory.rss</td>") != std::string::npos);
  CHECK(page.find("<td>kismet.messagebus.message_string</td>") != std::string::npos);
}

TEST_CASE("a battery is read from where the kernel shows it") {
  testing::PowerSupplies supplies;
  CHECK_FALSE(read_battery(supplies.root));
  CHECK_FALSE(read_battery(supplies.root / "nowhere"));
  supplies.add("AC", {{"type", "Mains"}, {"online", "0"}});
  supplies.add("mouse", {{"type", "Battery"}, {"scope", "Device"}, {"capacity", "3"}});
  CHECK_FALSE(read_battery(supplies.root));
  supplies.add("BAT0", {{"type", "Battery"},
                        {"capacity", "57"},
                        {"status", "Discharging"},
                        {"energy_now", "20000000"},
                        {"power_now", "10000000"}});
  const auto battery = read_battery(supplies.root);
  REQUIRE(battery);
  CHECK(battery->percentage == 57);
  CHECK(battery->charging == "discharging");
  CHECK_FALSE(battery->ac);
  CHECK(battery->remaining == 7200);
}

TEST_CASE("a battery that charges is on mains and has no end") {
  testing::PowerSupplies supplies;
  supplies.add("BAT0", {{"type", "Battery"}, {"capacity", "250"}, {"status", "Charging"}, {"charge_now", "1"}});
  const auto battery = read_battery(supplies.root);
  REQUIRE(battery);
  CHECK(battery_json(battery) == Json{{"kismet.system.battery.percentage", 100},
                                      {"kismet.system.battery.charging", "charging"},
                                      {"kismet.system.battery.ac", true},
                                      {"kismet.system.battery.remaining", 0}});
}
