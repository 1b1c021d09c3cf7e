#include "server/json_fields.h"

#include <catch2/catch.hpp>

using namespace kismet;
using Json = nlohmann::json;

namespace {

const Json kDevice = {{"name", "ap"},
                      {"signal", {{"last", -50}, {"course", {{"minute", {1, 2, 3}}}}}},
                      {"clients", {{{"mac", "aa"}}, {{"mac", "bb"}}}}};

Json simplified(const Json& fields, const Json& value = kDevice) {
  std::string fault;
  const JsonFields parsed = JsonFields::parse(fields, fault);
  CHECK(fault.empty());
  return parsed.apply(value);
}

}  // namespace

TEST_CASE("fields pick what is wanted: names, paths, and both under a name of the client's") {
  CHECK(simplified({"name"}) == Json{{"name", "ap"}});
  CHECK(simplified({"name", "signal/last"}) == Json{{"name", "ap"}, {"last", -50}});
  CHECK(simplified(Json::array({Json::array({"signal/last", "dbm"}), "name"})) == Json{{"dbm", -50}, {"name", "ap"}});
  CHECK(simplified({"/signal/course/"}) == Json{{"course", {{"minute", {1, 2, 3}}}}});
}

TEST_CASE("what is not there is 0") {
  CHECK(simplified({"nothing"}) == Json{{"nothing", 0}});
  CHECK(simplified({"signal/nothing"}) == Json{{"nothing", 0}});
  CHECK(simplified({"name/deeper"}) == Json{{"deeper", 0}});
}

TEST_CASE("fields of an array are those of each element") {
  CHECK(simplified({"name"}, {kDevice, kDevice}) == Json{{{"name", "ap"}}, {{"name", "ap"}}});
  CHECK(simplified({"clients/mac"}) == Json{{"mac", {"aa", "bb"}}});
  CHECK(simplified({"name"}, {1, "text"}) == Json{1, "text"});
}

TEST_CASE("no fields want everything") {
  CHECK(simplified(nullptr) == kDevice);
  CHECK(simplified(Json::array()) == kDevice);
}

TEST_CASE("fields that are none are refused with a reason") {
  const Json fields =
      GENERATE(Json("name"), Json(7), Json{{"a", 1}}, Json::array({1}), Json::array({""}), Json::array({"/"}),
               Json::array({Json::array({"a"})}), Json::array({Json::array({"a", 1})}),
               Json(std::vector<std::string>(257, "a")), Json::array({std::string(100, '/') + [] {
                 std::string deep;
                 for (int i = 0; i < 33; ++i) deep += "a/";
                 return deep;
               }()}));
  std::string fault;
  JsonFields::parse(fields, fault);
  CAPTURE(fields.dump());
  CHECK_FALSE(fault.empty());
}
