#include "server/serializers.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kismet;
using Json = nlohmann::json;

namespace {

const Json kList = {{{"a.b", 1}, {"c", {{"d.e", "x.y"}}}}, {{"a.b", 2}}};

}  // namespace

TEST_CASE("json is one line without a line break at its end") {
  CHECK(serialize(kList, Serializer::json) == R"([{"a.b":1,"c":{"d.e":"x.y"}},{"a.b":2}])");
  CHECK(json_line(kList) == serialize(kList, Serializer::json));
}

TEST_CASE("prettyjson is the same, indented") {
  const std::string text = serialize(kList, Serializer::prettyjson);
  CHECK(text.find("\n  {\n") != std::string::npos);
  CHECK(Json::parse(text) == kList);
}

TEST_CASE("itjson is one element of an array a line, and anything else one line") {
  CHECK(serialize(kList, Serializer::itjson) == "{\"a.b\":1,\"c\":{\"d.e\":\"x.y\"}}\n{\"a.b\":2}\n");
  CHECK(serialize(kList[1], Serializer::itjson) == "{\"a.b\":2}\n");
  CHECK(serialize(Json::array(), Serializer::itjson).empty());
}

TEST_CASE("ekjson and tjson have underscores in names, and leave values alone") {
  CHECK(serialize(kList, Serializer::ekjson) == "{\"a_b\":1,\"c\":{\"d_e\":\"x.y\"}}\n{\"a_b\":2}\n");
  CHECK(serialize(kList, Serializer::tjson) == R"([{"a_b":1,"c":{"d_e":"x.y"}},{"a_b":2}])");
}

TEST_CASE("extensions name serializers, and unknown ones none") {
  CHECK(serializer_for("json") == Serializer::json);
  CHECK(serializer_for("cmd") == Serializer::json);
  CHECK(serializer_for("prettyjson") == Serializer::prettyjson);
  CHECK(serializer_for("itjson") == Serializer::itjson);
  CHECK(serializer_for("ekjson") == Serializer::ekjson);
  CHECK(serializer_for("tjson") == Serializer::tjson);
  for (const char* other : {"", "JSON", "xml", "json2"}) CHECK_FALSE(serializer_for(other));
}

TEST_CASE("text that is no UTF-8 is repaired") {
  CHECK(serialize(Json{{"a", "x\xFF"}}, Serializer::json) == "{\"a\":\"x\xEF\xBF\xBD\"}");
}
