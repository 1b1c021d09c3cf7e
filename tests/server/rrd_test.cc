#include "server/rrd.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kismet;

namespace {

constexpr std::int64_t kStart = 1'700'006'400;  // A whole hour.

std::vector<double> ring(const Rrd& rrd, const std::string& name) {
  return rrd.to_json()["kismet.common.rrd." + name + "_vec"].get<std::vector<double>>();
}

}  // namespace

TEST_CASE("samples stand at their second, and minutes and hours at the mean of theirs") {
  Rrd rrd;
  for (int i = 0; i < 120; ++i) rrd.add(kStart + i, i < 60 ? 10 : 20);
  CHECK(ring(rrd, "minute") == std::vector<double>(60, 20));
  CHECK(ring(rrd, "hour")[0] == 10);
  CHECK(ring(rrd, "hour")[1] == 20);
  CHECK(ring(rrd, "day")[(kStart / 3600) % 24] == 15);
  CHECK(rrd.to_json()["kismet.common.rrd.last_time"] == kStart + 119);
}

TEST_CASE("before the first sample all is 0, and between two the value stays as it was") {
  Rrd rrd;
  rrd.add(kStart, 5);
  CHECK(ring(rrd, "minute")[59] == 0);
  rrd.add(kStart + 70, 7);
  CHECK(ring(rrd, "minute")[9] == 5);
  CHECK(ring(rrd, "minute")[10] == 7);
  CHECK(ring(rrd, "minute")[11] == 5);
  CHECK(ring(rrd, "hour")[0] == 5);
}

TEST_CASE("a gap that is longer than all rings fills them") {
  Rrd rrd;
  rrd.add(kStart, 5);
  rrd.add(kStart + 1'000'000, 9);
  const std::vector<double> minute = ring(rrd, "minute");
  CHECK(std::count(minute.begin(), minute.end(), 5.0) == 59);
  const std::vector<double> day = ring(rrd, "day");
  CHECK(std::count(day.begin(), day.end(), 5.0) == 23);
}

TEST_CASE("a clock that goes back changes nothing") {
  Rrd rrd;
  rrd.add(kStart, 5);
  const auto before = rrd.to_json();
  rrd.add(kStart - 1, 6);
  CHECK(rrd.to_json() == before);
}
