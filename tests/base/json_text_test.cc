#include "base/json_text.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kismet;

namespace {

std::string json_of(std::string_view text) {
  std::string out = "before:";
  append_json_string(out, text);
  return out.substr(7);
}

}  // namespace

TEST_CASE("any bytes become a JSON string of one line, which a JSON reader reads back") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  const std::string text = GENERATE_COPY(as<std::string>{}, all, "", "\xE2\x82\xAC \"quoted\" \\ back");
  CHECK(nlohmann::json::parse(json_of(text)) == text);
  CHECK(json_of(text).find('\n') == std::string::npos);
}

TEST_CASE("control characters, quotes and backslashes are escaped, and nothing else") {
  CHECK(json_of("a/b<c>") == "\"a/b<c>\"");
  CHECK(json_of("\"\\\n\r\t\x01\x1f") == R"("\"\\\n\r\t\u0001\u001f")");
}

TEST_CASE("bytes that are no text are replaced") {
  CHECK(json_of("a\xFFz") == "\"a\xEF\xBF\xBDz\"");
}
