#include <catch2/catch.hpp>

#include "eventbus/event_bus.h"
#include "eventbus/topic_table.h"

using namespace kismet;

TEST_CASE("a topic matches literally, everything matches *, and a trailing * matches a prefix") {
  const auto [pattern, topic, matches] = GENERATE(table<std::string, std::string, bool>({
      {"MESSAGE", "MESSAGE", true},
      {"MESSAGE", "MESSAGES", false},
      {"MESSAGES", "MESSAGE", false},
      {"message", "MESSAGE", false},
      {"*", "MESSAGE", true},
      {"*", "", true},
      {"HELPER_*", "HELPER_STARTED", true},
      {"HELPER_*", "HELPER_", true},
      {"HELPER_*", "HELPER", false},
      {"*_STARTED", "HELPER_STARTED", false},
      {"A.B", "AxB", false},
      {"", "", true},
      {"", "A", false},
  }));
  CAPTURE(pattern, topic);
  CHECK(topic_matches(pattern, topic) == matches);

  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  int heard = 0;
  {
    const Subscription subscription =
        bus.subscribe({.topics = {pattern}}, loop.get_executor(), [&](const EventPtr&) { ++heard; });
    CHECK(bus.has_subscribers(topic) == matches);
    bus.publish(topic, "{}");
    loop.run();
    CHECK(heard == (matches ? 1 : 0));
  }
  CHECK_FALSE(bus.has_subscribers(topic));
}

TEST_CASE("an event that several of a subscriber's topics match comes once") {
  Clock clock;
  EventBus bus(clock);
  net::io_context loop;
  std::vector<std::string> heard;
  const Subscription subscription = bus.subscribe({.topics = {"*", "A*", "AB", "AB", "B"}}, loop.get_executor(),
                                                  [&](const EventPtr& event) { heard.push_back(event->topic); });
  bus.publish("AB", "{}");
  bus.publish("B", "{}");
  bus.publish("C", "{}");
  loop.run();
  CHECK(heard == std::vector<std::string>{"AB", "B", "C"});
}
