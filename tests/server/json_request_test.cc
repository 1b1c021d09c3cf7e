#include "server/json_request.h"

#include <catch2/catch.hpp>

using namespace kismet;
using Json = nlohmann::json;

namespace {

Request post(std::string type, std::string body) {
  Request request;
  request.method = "POST";
  if (!type.empty()) request.headers.add("Content-Type", type);
  request.body = std::move(body);
  return request;
}

}  // namespace

TEST_CASE("a request's JSON comes in its body or in the variable json") {
  const Json expected = {{"fields", {"a"}}};
  CHECK(json_of(post("application/json", R"( {"fields": ["a"]})")) == expected);
  CHECK(json_of(post("application/x-www-form-urlencoded", R"({"fields": ["a"]})")) == expected);
  CHECK(json_of(post("application/x-www-form-urlencoded; charset=UTF-8", "json=%7B%22fields%22%3A+%5B%22a%22%5D%7D")) ==
        expected);
  Request query;
  query.method = "GET";
  query.query = "json=%7B%22fields%22:[%22a%22]%7D";
  CHECK(json_of(query) == expected);
}

TEST_CASE("a request without JSON has an empty object, and one with something else none") {
  CHECK(json_of(Request{}) == Json::object());
  CHECK(json_of(post("application/x-www-form-urlencoded", "a=b")) == Json::object());
  CHECK_FALSE(json_of(post("application/json", "{")));
  CHECK_FALSE(json_of(post("application/x-www-form-urlencoded", "json=nonsense")));
}

TEST_CASE("JSON that nests too deep is refused, whatever its strings hold") {
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
  CHECK(parse_json("[\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\"]"));
  CHECK_FALSE(parse_json(""));
  CHECK_FALSE(parse_json("\"\\"));
}

TEST_CASE("timestamps are seconds, and negative ones are relative to now") {
  const WallTime now(std::chrono::seconds(1'700'000'000));
  CHECK(parse_timestamp("0", now) == WallTime());
  CHECK(parse_timestamp("0.0", now) == WallTime());
  CHECK(parse_timestamp("-0", now) == WallTime());
  CHECK(parse_timestamp("1700000000", now) == now);
  CHECK(parse_timestamp("12.5", now) == WallTime(std::chrono::milliseconds(12'500)));
  CHECK(parse_timestamp("-60", now) == now - std::chrono::seconds(60));
  for (const char* bad : {"", "-", "x", "1x", "nan", "inf", "1e5", "99999999999", " 1", "0x10"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_timestamp(bad, now));
  }
}
