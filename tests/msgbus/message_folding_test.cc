#include <catch2/catch.hpp>

#include "bus_fixture.h"

using namespace kismet;
using std::chrono::seconds;

TEST_CASE("the first of many identical messages is told at once, the others as their number") {
  Buses buses;
  for (int i = 0; i < 5; ++i) buses.messages.info("again");
  CHECK(buses.texts() == Texts{"again"});
  buses.messages.tick();
  CHECK(buses.texts() == Texts{"again"});
  buses.clock.advance(seconds(1));
  buses.messages.tick();
  CHECK(buses.texts() == Texts{"again", "again (repeated 4 times)"});
  CHECK(buses.written.back().repeats == 5);
  buses.messages.tick();
  CHECK(buses.written.size() == 2);
}

TEST_CASE("the bus says when it has something to tell later, and whether there is more to come") {
  Buses buses;
  int called = 0;
  buses.messages.on_untold([&called] { ++called; });
  buses.messages.info("again");
  CHECK(called == 0);
  CHECK_FALSE(buses.messages.tick());
  buses.messages.info("again");
  CHECK(called == 1);
  CHECK(buses.messages.tick());
  buses.clock.advance(seconds(1));
  CHECK_FALSE(buses.messages.tick());
}

TEST_CASE("what was repeated is told before the next message of its source") {
  Buses buses;
  buses.messages.info("one");
  buses.messages.info("one");
  buses.messages.info("two");
  CHECK(buses.texts() == Texts{"one", "one (repeated 1 time)", "two"});
}

TEST_CASE("only messages of the same source and severity fold") {
  Buses buses;
  buses.messages.post(Severity::info, "a", "same");
  buses.messages.post(Severity::info, "b", "same");
  buses.messages.post(Severity::info, "a", "same");
  buses.messages.post(Severity::error, "b", "same");
  buses.messages.flush();
  REQUIRE(buses.texts() == Texts{"same", "same", "same", "same (repeated 1 time)"});
  CHECK(buses.written[2].severity == Severity::error);
  CHECK(buses.written[3].source == "a");
}

TEST_CASE("a text said again after a long silence is new") {
  Buses buses({.fold_time = seconds(60)});
  buses.messages.info("hourly");
  buses.clock.advance(seconds(60));
  buses.messages.info("hourly");
  buses.clock.advance(seconds(61));
  buses.messages.info("hourly");
  CHECK(buses.texts() == Texts{"hourly", "hourly (repeated 1 time)", "hourly"});
}

TEST_CASE("repetitions that never end are told at growing intervals") {
  Buses buses;
  for (int second = 0; second < 600; ++second) {
    buses.messages.info("forever");
    buses.messages.tick();
    buses.clock.advance(seconds(1));
  }
  CHECK(buses.written.size() > 5);
  CHECK(buses.written.size() < 20);
  buses.messages.flush();
  CHECK(buses.written.back().text == "forever (repeated 599 times)");
}

TEST_CASE("recent messages hold the first and the last word on a repeated text, not each count of it") {
  Buses buses;
  for (int second = 0; second < 100; ++second) {
    buses.messages.info("forever");
    buses.clock.advance(seconds(1));
  }
  buses.messages.flush();
  buses.messages.info("else");
  CHECK(buses.recent_texts() == Texts{"forever", "forever (repeated 99 times)", "else"});
}

TEST_CASE("a repeated alert is one ALERT event") {
  Buses buses;
  for (int i = 0; i < 3; ++i) buses.messages.post(Severity::alert, "helper", "fire");
  buses.messages.flush();
  buses.deliver();
  REQUIRE(buses.heard.size() == 3);
  CHECK(buses.heard[1]->topic == "ALERT");
  CHECK(buses.heard[2]->topic == "MESSAGE");
}

TEST_CASE("a long text keeps its count within the bound") {
  Buses buses({.max_text = 40});
  for (int i = 0; i < 3; ++i) buses.messages.info(std::string(40, 'x'));
  buses.messages.flush();
  CHECK(buses.written.back().text == std::string(21, 'x') + " (repeated 2 times)");
}

TEST_CASE("sources that come and go are forgotten, and what they repeated is told before") {
  Buses buses({.max_sources = 3});
  buses.messages.post(Severity::info, "first", "again");
  buses.messages.post(Severity::info, "first", "again");
  for (int i = 0; i < 3; ++i) {
    buses.clock.advance(seconds(1));
    buses.messages.post(Severity::info, "tcp:" + std::to_string(i), "hello");
  }
  CHECK(buses.texts() == Texts{"again", "hello", "hello", "again (repeated 1 time)", "hello"});
}
