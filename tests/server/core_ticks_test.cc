#include "server/core_ticks.h"

#include <catch2/catch.hpp>
#include <thread>

#include "power_supplies.h"
#include "server/core_events.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Daemon {
  /// One round: what is published when the time has come.
  std::vector<EventPtr> a_second_later() {
    heard.clear();
    clock.advance(std::chrono::seconds(1));
    loop.deadlines().sweep();
    loop.context().restart();
    loop.context().poll();
    return heard;
  }

  testing::PowerSupplies supplies;
  ManualClock clock;
  Loop loop{clock};
  Worker worker{"test"};
  EventBus events{clock};
  MessageBus messages{clock, events};
  std::shared_ptr<SystemStatus> status = std::make_shared<SystemStatus>(SystemInfo{}, clock);
  std::vector<EventPtr> heard;
  Subscription subscription = events.subscribe({.topics = {"*"}}, loop.get_executor(),
                                               [this](const EventPtr& event) { heard.push_back(event); });
  CoreTicks ticks{loop, worker, events, messages, status, {.power_supplies = supplies.root.string()}};
};

}  // namespace

TEST_CASE("each second there are a TIMESTAMP and STATISTICS, and no BATTERY where there is none") {
  Daemon daemon;
  daemon.ticks.start();
  for (int i = 1; i <= 3; ++i) {
    const std::vector<EventPtr> events = daemon.a_second_later();
    REQUIRE(events.size() >= 2);
    CHECK(events[events.size() - 2]->topic == "TIMESTAMP");
    CHECK(Json::parse(events[events.size() - 2]->content_json)["TIMESTAMP"]["kismet.system.timestamp.sec"] ==
          1'700'000'000 + i);
    CHECK(events.back()->topic == "STATISTICS");
    CHECK(Json::parse(events.back()->content_json)["STATISTICS"].contains("kismet.system.memory.rss"));
  }
  daemon.ticks.stop();
  CHECK(daemon.a_second_later().empty());
}

TEST_CASE("a battery is an event once it has been read") {
  Daemon daemon;
  daemon.supplies.add("BAT0", {{"type", "Battery"}, {"capacity", "42"}, {"status", "Full"}});
  daemon.ticks.start();
  while (daemon.worker.pending() > 0) std::this_thread::yield();
  const std::vector<EventPtr> events = daemon.a_second_later();
  REQUIRE_FALSE(events.empty());
  CHECK(events.back()->topic == "BATTERY");
  CHECK(Json::parse(events.back()->content_json)["BATTERY"]["kismet.system.battery.percentage"] == 42);
}

TEST_CASE("rounds tell what the message bus has folded") {
  Daemon daemon;
  daemon.ticks.start();
  daemon.messages.info("again");
  daemon.messages.info("again");
  daemon.a_second_later();
  CHECK(daemon.messages.recent().back().text == "again (repeated 1 time)");
}

TEST_CASE("core events are the daemon's own") {
  for (const char* topic : {"TIMESTAMP", "MESSAGE", "ALERT", "BATTERY", "STATISTICS", "KISMETDB_LOG_OPEN",
                            "HELPER_STARTED", "HELPER_FAILED", "HELPER_STOPPED", "URI_REMOVED", "NEW_DEVICE"}) {
    CHECK(is_core_event(topic));
  }
  for (const char* topic : {"", "timestamp", "HELPER_", "HELPER_OTHER", "MY_EVENT", "*"})
    CHECK_FALSE(is_core_event(topic));
}
