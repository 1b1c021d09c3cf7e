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
    poll();
    return heard;
  }
  void poll() {
    loop.context().restart();
    loop.context().poll();
  }
  void listen(std::vector<std::string> topics) {
    subscription = events.subscribe({.topics = std::move(topics)}, loop.get_executor(),
                                    [this](const EventPtr& event) { heard.push_back(event); });
    poll();
  }
  bool sleeps() { return loop.deadlines().next() == SteadyTime::max(); }

  testing::PowerSupplies supplies;
  ManualClock clock;
  Loop loop{clock};
  Worker worker{"test"};
  EventBus events{clock};
  MessageBus messages{clock, events};
  std::shared_ptr<SystemStatus> status = std::make_shared<SystemStatus>(SystemInfo{}, clock);
  std::vector<EventPtr> heard;
  Subscription subscription;
  CoreTicks ticks{loop, worker, events, messages, status, {.power_supplies = supplies.root.string()}};
};

}  // namespace

TEST_CASE("each second there are a TIMESTAMP and STATISTICS, and no BATTERY where there is none") {
  Daemon daemon;
  daemon.listen({"*"});
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
  daemon.listen({"BATTERY"});
  daemon.ticks.start();
  while (daemon.worker.pending() > 0) std::this_thread::yield();
  const std::vector<EventPtr> events = daemon.a_second_later();
  REQUIRE_FALSE(events.empty());
  CHECK(events.back()->topic == "BATTERY");
  CHECK(Json::parse(events.back()->content_json)["BATTERY"]["kismet.system.battery.percentage"] == 42);
}

TEST_CASE("rounds tell what the message bus has folded, and then end") {
  Daemon daemon;
  daemon.ticks.start();
  daemon.messages.info("again");
  daemon.messages.info("again");
  daemon.poll();
  daemon.a_second_later();
  CHECK(daemon.messages.recent().back().text == "again (repeated 1 time)");
  daemon.a_second_later();
  CHECK(daemon.sleeps());
}

TEST_CASE("a daemon to which nobody listens sleeps, until somebody does, and as soon as nobody does any more") {
  Daemon daemon;
  daemon.ticks.start();
  daemon.a_second_later();
  CHECK(daemon.sleeps());
  daemon.listen({"OTHER"});
  daemon.a_second_later();
  CHECK(daemon.sleeps());
  daemon.listen({"TIMESTAMP"});
  CHECK_FALSE(daemon.sleeps());
  const std::vector<EventPtr> events = daemon.a_second_later();
  REQUIRE(events.size() == 1);
  CHECK(events.front()->topic == "TIMESTAMP");
  daemon.events.set_topics(daemon.subscription, {"OTHER"});
  CHECK(daemon.a_second_later().empty());
  daemon.a_second_later();
  CHECK(daemon.sleeps());
}

TEST_CASE("the battery is looked at when somebody looks at the status, but not each time") {
  Daemon daemon;
  daemon.ticks.start();
  while (daemon.worker.pending() > 0) std::this_thread::yield();
  daemon.supplies.add("BAT0", {{"type", "Battery"}, {"capacity", "42"}, {"status", "Full"}});
  daemon.status->status();
  CHECK(daemon.worker.pending() == 0);
  daemon.clock.advance(std::chrono::seconds(1));
  daemon.status->status();
  while (daemon.worker.pending() > 0) std::this_thread::yield();
  CHECK(daemon.status->status()["kismet.system.battery.percentage"] == 42);
}

TEST_CASE("core events are the daemon's own") {
  for (const char* topic : {"TIMESTAMP", "MESSAGE", "ALERT", "BATTERY", "STATISTICS", "KISMETDB_LOG_OPEN",
                            "HELPER_STARTED", "HELPER_FAILED", "HELPER_STOPPED", "URI_REMOVED", "NEW_DEVICE"}) {
    CHECK(is_core_event(topic));
  }
  for (const char* topic : {"", "timestamp", "HELPER_", "HELPER_OTHER", "MY_EVENT", "*"})
    CHECK_FALSE(is_core_event(topic));
}
