#include "server/feed_request.h"

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

constexpr std::uint64_t kEpoch = 1'700'000'000'000;

FeedRequest parsed(std::string_view text) {
  return parse_feed_request(text, kEpoch);
}

FeedWish from_query(std::string query, std::string_view last_event_id = {}) {
  Request request;
  request.query = std::move(query);
  if (!last_event_id.empty()) request.headers.add("Last-Event-ID", last_event_id);
  std::string fault;
  FeedWish wish = parse_feed_query(request, kEpoch, fault);
  CHECK(fault.empty());
  return wish;
}

std::string fault_of(std::string query) {
  Request request;
  request.query = std::move(query);
  std::string fault;
  parse_feed_query(request, kEpoch, fault);
  return fault;
}

using Topics = std::vector<std::string>;

}  // namespace

TEST_CASE("a request subscribes, unsubscribes, or both") {
  const FeedRequest subscribe = parsed(R"({"SUBSCRIBE": "MESSAGE"})");
  REQUIRE(subscribe.subscribe);
  CHECK(subscribe.subscribe->topics == Topics{"MESSAGE"});
  CHECK(subscribe.subscribe->form.plain());
  CHECK_FALSE(subscribe.unsubscribe);
  CHECK(parsed(R"({"UNSUBSCRIBE": "MESSAGE"})").unsubscribe == "MESSAGE");
  const FeedRequest both = parsed(R"({"SUBSCRIBE": "A", "UNSUBSCRIBE": "B", "other": 1})");
  CHECK(both.fault.empty());
  CHECK(both.subscribe->topics == Topics{"A"});
  CHECK(both.unsubscribe == "B");
}

TEST_CASE("a request says how its events are wanted") {
  const FeedRequest request = parsed(
      R"({"SUBSCRIBE": "*", "fields": ["a"], "format": "ekjson", "envelope": true, "parsed": true, "max_rate": 2.5})");
  CHECK(request.fault.empty());
  const FeedWish& wish = request.subscribe.value();
  CHECK_FALSE(wish.form.fields.wants_all());
  CHECK(wish.form.serializer == Serializer::ekjson);
  CHECK(wish.form.envelope);
  CHECK(wish.form.parsed);
  CHECK(wish.max_rate == 2.5);
}

TEST_CASE("since is a sequence number, a number of events, or an event's id") {
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": 7})").subscribe->replay_after == 7);
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": 0})").subscribe->replay_after == 0);
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": -20})").subscribe->replay_last == 20);
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": -9223372036854775808})").subscribe->replay_last == 1'000'000'000);
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": "1700000000000-7"})").subscribe->replay_after == 7);
  const FeedWish none = parsed(R"({"SUBSCRIBE": "A"})").subscribe.value();
  CHECK_FALSE(none.replay_after);
  CHECK(none.replay_last == 0);
}

TEST_CASE("an event's id of another start of the daemon asks for all that is held") {
  CHECK(parsed(R"({"SUBSCRIBE": "A", "since": "1600000000000-7"})").subscribe->replay_after == 0);
}

TEST_CASE("a bad request is refused whole, with a reason") {
  const std::string text = GENERATE(
      as<std::string>(), "", "nonsense", "[]", "7", "{}", R"({"SUBSCRIBE": 7})", R"({"SUBSCRIBE": ""})",
      R"({"UNSUBSCRIBE": []})", R"({"SUBSCRIBE": "A", "UNSUBSCRIBE": 7})", R"({"SUBSCRIBE": "A", "fields": 7})",
      R"({"SUBSCRIBE": "A", "format": "xml"})", R"({"SUBSCRIBE": "A", "format": 7})",
      R"({"SUBSCRIBE": "A", "envelope": 1})", R"({"SUBSCRIBE": "A", "since": "x"})",
      R"({"SUBSCRIBE": "A", "since": 1.5})", R"({"SUBSCRIBE": "A", "max_rate": 0})",
      R"({"SUBSCRIBE": "A", "max_rate": "x"})", R"({"SUBSCRIBE": ")" + std::string(257, 'x') + "\"}");
  CAPTURE(text);
  const FeedRequest request = parsed(text);
  CHECK_FALSE(request.fault.empty());
}

TEST_CASE("a query asks for the same") {
  const FeedWish all = from_query("");
  CHECK(all.topics == Topics{"*"});
  CHECK(all.form.plain());
  const FeedWish wish =
      from_query("topic=A,B&topic=HELPER_*&fields=a/b,c&format=tjson&envelope=1&parsed&since=-5&max_rate=10&x=y");
  CHECK(wish.topics == Topics{"A", "B", "HELPER_*"});
  CHECK_FALSE(wish.form.fields.wants_all());
  CHECK(wish.form.serializer == Serializer::tjson);
  CHECK(wish.form.envelope);
  CHECK(wish.form.parsed);
  CHECK(wish.replay_last == 5);
  CHECK(wish.max_rate == 10);
  CHECK(from_query("since=12").replay_after == 12);
  CHECK(from_query("since=1700000000000-12").replay_after == 12);
}

TEST_CASE("a reader that comes back goes on after its last event") {
  CHECK(from_query("since=-5", "1700000000000-12").replay_after == 12);
  CHECK(from_query("", "1600000000000-12").replay_after == 0);
  CHECK_FALSE(from_query("", "somebody else's").replay_after);
}

TEST_CASE("a bad query is refused with a reason") {
  const std::string query = GENERATE(
      as<std::string>(), "since=x", "max_rate=-1", "max_rate=x", "format=xml", "envelope=maybe",
      "topic=" + std::string(257, 'x'), "topic=" + [] {
        std::string many;
        for (int i = 0; i < 65; ++i) many += "x,";
        return many;
      }());
  CAPTURE(query);
  CHECK_FALSE(fault_of(query).empty());
}
