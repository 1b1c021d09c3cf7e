#include "server/feed_form.h"

#include <catch2/catch.hpp>

#include "eventbus/event_bus.h"

using namespace kismet;
using Json = nlohmann::json;

namespace {

struct Bus {
  std::string core(const FeedForm& form) {
    return feed_text(*events.publish("TIMESTAMP", R"({"a.b":1,"c":{"d":2}})"), form, 99, 0);
  }
  std::string text(const FeedForm& form, std::string_view published = R"({"x.y": [1, 2]})") {
    return feed_text(*events.publish_text("MINE", published), form, 99, 0);
  }

  ManualClock clock;
  EventBus events{clock};
};

JsonFields fields(const Json& wanted) {
  std::string fault;
  return JsonFields::parse(wanted, fault);
}

}  // namespace

TEST_CASE("an event is sent as its content alone, unless asked otherwise") {
  Bus bus;
  CHECK(bus.core({}) == R"({"TIMESTAMP":{"a.b":1,"c":{"d":2}}})");
  CHECK(Json::parse(bus.text({})) == Json{{"kismet.eventbus.event_json", R"({"x.y": [1, 2]})"}});
}

TEST_CASE("fields are those of the event's object") {
  Bus bus;
  FeedForm form;
  form.fields = fields({"c/d", "nothing"});
  CHECK(Json::parse(bus.core(form)) == Json{{"TIMESTAMP", {{"d", 2}, {"nothing", 0}}}});
}

TEST_CASE("an event comes in the format that was asked for, without a line break at its end") {
  Bus bus;
  FeedForm form;
  form.serializer = Serializer::ekjson;
  CHECK(bus.core(form) == R"({"TIMESTAMP":{"a_b":1,"c":{"d":2}}})");
  form.serializer = Serializer::prettyjson;
  CHECK(bus.core(form).ends_with('}'));
}

TEST_CASE("an envelope says what, which and when, and how much was lost") {
  Bus bus;
  FeedForm form;
  form.envelope = true;
  CHECK(Json::parse(bus.core(form)) == Json{{"topic", "TIMESTAMP"},
                                            {"id", "99-1"},
                                            {"seq", 1},
                                            {"time", 1'700'000'000.0},
                                            {"event", {{"TIMESTAMP", {{"a.b", 1}, {"c", {{"d", 2}}}}}}}});
  CHECK(Json::parse(feed_text(*bus.events.publish("A", "{}"), form, 99, 7))["dropped"] == 7);
}

TEST_CASE("published JSON comes parsed under its topic where that is wanted") {
  Bus bus;
  FeedForm form;
  form.parsed = true;
  CHECK(Json::parse(bus.text(form)) == Json{{"MINE", {{"x.y", {1, 2}}}}});
  CHECK(Json::parse(bus.text(form, "7")) == Json{{"MINE", 7}});
  CHECK(Json::parse(bus.core(form)).contains("TIMESTAMP"));
  form.fields = fields({"x.y"});
  CHECK(Json::parse(bus.text(form, R"({"x.y": 1, "z": 2})")) == Json{{"MINE", {{"x.y", 1}}}});
}

TEST_CASE("published JSON that nests too deep stays the string that it was") {
  Bus bus;
  FeedForm form;
  form.parsed = true;
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  CHECK(Json::parse(bus.text(form, deep)) == Json{{"kismet.eventbus.event_json", deep}});
}
