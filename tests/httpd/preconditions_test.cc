#include "httpd/preconditions.h"

#include <catch2/catch.hpp>

#include "httpd/static_path.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

const Validators kFile{"\"abc\"", WallTime(784111777s + 500ms)};  // Sun, 06 Nov 1994 08:49:37 GMT, and a half.

Headers headers(const std::vector<std::pair<std::string, std::string>>& fields) {
  Headers made;
  for (const auto& [name, value] : fields) made.add(name, value);
  return made;
}

}  // namespace

TEST_CASE("a client that has the version is told so, by tag before date") {
  struct Row {
    std::vector<std::pair<std::string, std::string>> fields;
    bool has_it;
  };
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::vector<Row> rows = {
      {{}, false},
      {{{"If-None-Match", "\"abc\""}}, true},
      {{{"If-None-Match", "W/\"abc\""}}, true},
      {{{"If-None-Match", "\"x\" , \"abc\""}}, true},
      {{{"If-None-Match", "\"x\""}, {"If-None-Match", "\"abc\""}}, true},
      {{{"If-None-Match", "*"}}, true},
      {{{"If-None-Match", "abc"}}, false},
      {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", date}}, false},
      {{{"If-None-Match", ""}, {"If-Modified-Since", date}}, false},
      {{{"If-Modified-Since", date}}, true},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:38 GMT"}}, true},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}, false},
      {{{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, true},
      {{{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}, true},
      {{{"If-Modified-Since", "yesterday"}}, false},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT; length=5"}}, false},
  };
  for (const Row& row : rows) {
    INFO((row.fields.empty() ? "nothing" : row.fields.front().second));
    CHECK(is_not_modified(headers(row.fields), kFile) == row.has_it);
  }
}

TEST_CASE("one range of bytes is understood, and what is no range means the whole file") {
  struct Row {
    std::string range;
    RangeWish wish;
    ByteRange part;
  };
  const std::vector<Row> rows = {
      {"bytes=0-9", RangeWish::part, {0, 9}},
      {"BYTES=0-0", RangeWish::part, {0, 0}},
      {"bytes= 5 - 7 ", RangeWish::part, {5, 7}},
      {"bytes=90-", RangeWish::part, {90, 99}},
      {"bytes=90-200", RangeWish::part, {90, 99}},
      {"bytes=-10", RangeWish::part, {90, 99}},
      {"bytes=-1000", RangeWish::part, {0, 99}},
      {"bytes=99-99", RangeWish::part, {99, 99}},
      {"bytes=100-", RangeWish::unsatisfiable, {}},
      {"bytes=500-600", RangeWish::unsatisfiable, {}},
      {"bytes=-0", RangeWish::unsatisfiable, {}},
      {"bytes=0-1,5-6", RangeWish::whole, {}},
      {"bytes=7-5", RangeWish::whole, {}},
      {"bytes=", RangeWish::whole, {}},
      {"bytes=-", RangeWish::whole, {}},
      {"bytes=a-b", RangeWish::whole, {}},
      {"bytes=+1-2", RangeWish::whole, {}},
      {"bytes=0x1-2", RangeWish::whole, {}},
      {"bytes=99999999999999999999-", RangeWish::whole, {}},
      {"items=0-1", RangeWish::whole, {}},
      {"", RangeWish::whole, {}},
  };
  for (const Row& row : rows) {
    INFO(row.range);
    ByteRange part;
    CHECK(wished_range(headers({{"Range", row.range}}), 100, kFile, part) == row.wish);
    if (row.wish == RangeWish::part) CHECK(part == row.part);
  }
  ByteRange part;
  CHECK(wished_range(headers({{"Range", "bytes=0-"}}), 0, kFile, part) == RangeWish::unsatisfiable);
  CHECK(wished_range(headers({{"Range", "bytes=-5"}}), 0, kFile, part) == RangeWish::unsatisfiable);
  CHECK(wished_range(headers({{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}), 100, kFile, part) == RangeWish::whole);
}

TEST_CASE("a range counts only for the version that If-Range names") {
  const auto wish = [](const std::string& condition) {
    ByteRange part;
    return wished_range(headers({{"Range", "bytes=0-9"}, {"If-Range", condition}}), 100, kFile, part);
  };
  CHECK(wish("\"abc\"") == RangeWish::part);
  CHECK(wish("\"x\"") == RangeWish::whole);
  CHECK(wish("W/\"abc\"") == RangeWish::whole);
  CHECK(wish("Sun, 06 Nov 1994 08:49:37 GMT") == RangeWish::part);
  CHECK(wish("Sun, 06 Nov 1994 08:49:38 GMT") == RangeWish::whole);
}

TEST_CASE("a content coding is taken as the client weighs it") {
  CHECK(coding_weight("gzip, deflate, br", "br") == 1000);
  CHECK(coding_weight("gzip;q=0.5, br ; q=0.25", "br") == 250);
  CHECK(coding_weight("gzip;q=0", "gzip") == 0);
  CHECK(coding_weight("GZIP", "gzip") == 1000);
  CHECK(coding_weight("*;q=0.1", "gzip") == 100);
  CHECK(coding_weight("gzip;q=0, *", "gzip") == 0);
  CHECK(coding_weight("identity", "gzip") == 0);
  CHECK(coding_weight("", "gzip") == 0);
  CHECK(coding_weight("gzip;q=7", "gzip") == 0);
  CHECK(coding_weight("gzip;q=0.12345678", "gzip") == 0);
  CHECK(coding_weight("gzip;q=x", "gzip") == 0);
  CHECK(coding_weight("xgzip, gzipx", "gzip") == 0);
}

TEST_CASE("a request's path names a file inside its folder, or none") {
  struct Row {
    std::string path;
    std::optional<std::string> file;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"a", "a"},
      {"a/b.js", "a/b.js"},
      {"a/", "a/"},
      {"a//b", "a/b"},
      {"//a", "a"},
      {"a%20b", "a b"},
      {"a+b", "a+b"},
      {"%61", "a"},
      {"a%zz", "a%zz"},
      {".well-known/x", ".well-known/x"},
      {"a..b", "a..b"},
      {"..", {}},
      {"../a", {}},
      {"a/../b", {}},
      {"a/..", {}},
      {"./a", {}},
      {"%2e%2e/a", {}},
      {".%2e/a", {}},
      {"a/%2E%2E/%2E%2E/etc/passwd", {}},
      {"..%2fa", {}},
      {"a%2fb", {}},
      {"a%2F..%2Fb", {}},
      {".htaccess", {}},
      {"a/.git/config", {}},
      {"%2ehidden", {}},
      {"a%00", {}},
      {"a%00.js", {}},
      {"a%0ab", {}},
      {"a%7f", {}},
      {"%252e%252e/a", "%2e%2e/a"},  // Decoded once.
  };
  for (const Row& row : rows) {
    INFO(row.path);
    CHECK(static_path(row.path) == row.file);
  }
}
