#include "msgbus/message_bus.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "bus_fixture.h"

using namespace kismet;

TEST_CASE("a message reaches every sink, the recent messages and the event bus, in order") {
  Buses buses;
  std::vector<std::uint64_t> second_sink;
  buses.messages.add_sink([&](const Message& message) { second_sink.push_back(message.seq); });
  buses.messages.info("one");
  buses.clock.advance(std::chrono::seconds(1));
  buses.messages.post(Severity::error, "helper", "two");
  buses.deliver();

  CHECK(buses.texts() == Texts{"one", "two"});
  CHECK(buses.recent_texts() == Texts{"one", "two"});
  CHECK(second_sink == std::vector<std::uint64_t>{1, 2});
  const Message& two = buses.written[1];
  CHECK(two.severity == Severity::error);
  CHECK(two.source == "helper");
  CHECK(two.time == buses.clock.wall_now());
  CHECK(two.repeats == 1);
  REQUIRE(buses.heard.size() == 2);
  const auto event = nlohmann::json::parse(buses.heard[1]->content_json);
  CHECK(event["MESSAGE"]["kismet.messagebus.message_string"] == "two");
  CHECK(event["MESSAGE"]["kismet.messagebus.message_flags"] == 4);
}

TEST_CASE("an alert is an ALERT event too, after its MESSAGE") {
  Buses buses;
  buses.messages.post(Severity::alert, "helper", "somebody came in");
  buses.deliver();
  REQUIRE(buses.heard.size() == 2);
  CHECK(buses.heard[0]->topic == "MESSAGE");
  CHECK(buses.heard[1]->topic == "ALERT");
  CHECK(nlohmann::json::parse(buses.heard[1]->content_json)["ALERT"]["kismet.alert.text"] == "somebody came in");
}

TEST_CASE("text and source of a message are clean whatever bytes were posted") {
  Buses buses;
  buses.messages.post(Severity::info, "bad\xFF\nname", "line\nline \xFE\x1b[0m");
  buses.messages.info(std::string(20'000, 'x'));
  CHECK(buses.written[0].source == "bad\xEF\xBF\xBD name");
  CHECK(buses.written[0].text == "line line \xEF\xBF\xBD\\x1b[0m");
  CHECK(buses.written[1].text.size() == 8 * 1024);
}

TEST_CASE("recent messages are bounded, and a source that floods pushes out its own") {
  Buses buses({.keep = 4});
  buses.messages.info("important");
  for (int i = 0; i < 10; ++i) buses.messages.post(Severity::info, "flood", std::to_string(i));
  CHECK(buses.recent_texts() == Texts{"important", "7", "8", "9"});
}

TEST_CASE("a flooding source is limited by its own budget, and what is lost is summed up") {
  Buses buses({.budget_rate = 10, .budget_burst = 5});
  for (int i = 0; i < 100; ++i) buses.messages.post(Severity::info, "flood", std::to_string(i));
  buses.messages.post(Severity::info, "quiet", "heard");
  buses.messages.info("heard as well");
  CHECK(buses.texts() == Texts{"0", "1", "2", "3", "4", "heard", "heard as well"});

  buses.messages.tick();
  CHECK(buses.written.back().text == "95 more messages of it are not shown: it says too much at once");
  CHECK(buses.written.back().source == "flood");
  const std::size_t before = buses.written.size();
  buses.messages.tick();
  CHECK(buses.written.size() == before);

  buses.clock.advance(std::chrono::milliseconds(200));
  for (int i = 0; i < 100; ++i) buses.messages.post(Severity::info, "flood", "later " + std::to_string(i));
  CHECK(buses.written.size() == before + 2);
}

TEST_CASE("the daemon itself has no budget") {
  Buses buses({.keep = 10, .budget_burst = 5});
  for (int i = 0; i < 100; ++i) buses.messages.info(std::to_string(i));
  CHECK(buses.written.size() == 100);
}

TEST_CASE("a message caused by the delivery of a message is kept and written, but never feeds itself") {
  Buses buses;
  int deliveries = 0;
  const Subscription complains =
      buses.events.subscribe({.topics = {"MESSAGE"}}, buses.loop.get_executor(), [&](const EventPtr&) {
        ++deliveries;
        buses.messages.error("could not send event " + std::to_string(deliveries));
      });
  buses.messages.info("first");
  buses.deliver();
  CHECK(deliveries == 1);
  CHECK(buses.recent_texts() == Texts{"first", "could not send event 1"});
  CHECK(buses.heard.size() == 1);
}

TEST_CASE("a message caused by the delivery of another event is published") {
  Buses buses;
  const Subscription reports = buses.events.subscribe({.topics = {"HELPER_EXITED"}}, buses.loop.get_executor(),
                                                      [&](const EventPtr&) { buses.messages.info("it is gone"); });
  buses.events.publish("HELPER_EXITED", "{}");
  buses.deliver();
  CHECK(buses.heard.size() == 1);
}

TEST_CASE("messages posted on many threads keep one order everywhere") {
  Buses buses({.keep = 10'000, .budget_burst = 1e9});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          buses.messages.post(Severity::info, "source " + std::to_string(t), std::to_string(i));
        }
      });
    }
  }
  REQUIRE(buses.written.size() == 2000);
  for (std::size_t i = 0; i < 2000; ++i) {
    if (buses.written[i].seq != i + 1) FAIL("out of order at " << i);
  }
  CHECK(buses.recent_texts() == buses.texts());
}
