#include "server/compat_stubs.h"

#include <catch2/catch.hpp>

#include "endpoint_client.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Stubs {
  Stubs() { client.add(compat_stub_routes()); }

  ManualClock clock;
  Loop loop{clock};
  testing::EndpointClient client{loop};
};

}  // namespace

TEST_CASE("what Kismet's pages poll gets empty answers of the shape that they expect") {
  Stubs stubs;
  CHECK(stubs.client.get("/devices/views/all_views.json").body() == "[]");
  CHECK(stubs.client.post("/devices/views/all/devices.json", "json=%7B%22fields%22%3A%5B%22a%22%5D%7D").body() ==
        R"({"data":[],"last_page":0,"last_row":0})");
  CHECK(stubs.client.get("/gps/location.json").body() == "{}");
  CHECK(stubs.client.get("/channels/channels.json").body() == "{}");
  CHECK(stubs.client.get("/datasource/all_sources.json").body() == "[]");
  CHECK(stubs.client.get("/packetchain/packet_stats.json").body() == "{}");
  CHECK(stubs.client.get("/devices/last-time/-60/devices.json").body() == "[]");
  CHECK(stubs.client.get("/gps/location.json").content_type() == "application/json");
}

TEST_CASE("where an element a line is asked for there is none") {
  Stubs stubs;
  CHECK(stubs.client.post("/devices/views/all/devices.itjson", "json=%7B%7D").body().empty());
  CHECK(stubs.client.post("/devices/last-time/0/devices.ekjson", "json=%7B%7D").body().empty());
}

TEST_CASE("they take a login, know formats, and do nothing") {
  Stubs stubs;
  CHECK(stubs.client.role("GET", "/gps/location.json") == "readonly");
  CHECK(stubs.client.get("/gps/location.zip").status() == 404);
  CHECK(stubs.client.post("/gps/location.json", "json=[").status() == 400);
  CHECK(stubs.client.role("POST", "/datasource/add_source.cmd").empty());
}
