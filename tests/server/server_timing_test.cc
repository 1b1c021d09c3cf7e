#include "server/server_timing.h"

#include <catch2/catch.hpp>

using namespace kismet;
using namespace std::chrono_literals;

TEST_CASE("times are told in milliseconds with three digits behind the point") {
  CHECK(server_timing(42us, 1300us) == "queue;dur=0.042, helper;dur=1.300");
  CHECK(server_timing(0ns, 999ns) == "queue;dur=0.000, helper;dur=0.000");
  CHECK(server_timing(61s, 5ms) == "queue;dur=61000.000, helper;dur=5.000");
}

TEST_CASE("a clock that is set back makes no negative time") {
  CHECK(server_timing(-1s, -1us) == "queue;dur=0.000, helper;dur=0.000");
}
