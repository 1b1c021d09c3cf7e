#include "httpd/router.h"

#include <catch2/catch.hpp>
#include <chrono>

using namespace kismet;

namespace {

Route route(const std::string& method, const std::string& pattern, bool literal = false,
            const std::string& owner = {}) {
  return {.method = method, .pattern = pattern, .role = "any", .owner = owner, .literal = literal, .handler = nullptr};
}

struct Fixture {
  /// "pattern capture,capture", or the methods that the path has in brackets.
  std::string find(std::string_view method, std::string_view path) const {
    const Router::Match match = router.match(method, path);
    std::string found = match.route ? match.route->pattern : "[";
    for (const std::string& capture : match.captures) found += " " + capture;
    for (const std::string& method_name : match.allowed) found += method_name + ",";
    return match.route ? found : found + "]";
  }
  Router router;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "patterns capture a segment, an extension, or the rest") {
  router.add(route("GET", "/messagebus/last-time/:time/messages.*"));
  router.add(route("GET", "/plugin/:name/*"));
  router.add(route("GET", "/system/status.*"));
  router.add(route("GET", "/files/*"));
  CHECK(find("GET", "/messagebus/last-time/-5/messages.json") == "/messagebus/last-time/:time/messages.* -5 json");
  CHECK(find("GET", "/messagebus/last-time/0.0/messages.prettyjson") ==
        "/messagebus/last-time/:time/messages.* 0.0 prettyjson");
  CHECK(find("GET", "/plugin/adsb/js/main.js") == "/plugin/:name/* adsb js/main.js");
  CHECK(find("GET", "/plugin/adsb/") == "/plugin/:name/* adsb ");
  CHECK(find("GET", "/plugin/adsb") == "[]");
  CHECK(find("GET", "/plugin//x") == "[]");
  CHECK(find("GET", "/system/status.json") == "/system/status.* json");
  CHECK(find("GET", "/system/status.a.b") == "[]");
  CHECK(find("GET", "/system/status.") == "[]");
  CHECK(find("GET", "/system/status") == "[]");
  CHECK(find("GET", "/system/status.json/x") == "[]");
  CHECK(find("GET", "/files/") == "/files/* ");
  CHECK(find("GET", "/files/a/b/c") == "/files/* a/b/c");
  CHECK(find("GET", "/files") == "[]");
  CHECK(find("GET", "") == "[]");
  CHECK(find("GET", "*") == "[]");
}

TEST_CASE_METHOD(Fixture, "literal routes win over patterns, and more literal segments over fewer") {
  router.add(route("GET", "/*"));
  router.add(route("GET", "/:a/:b"));
  router.add(route("GET", "/a/:b"));
  router.add(route("GET", "/a/b"));
  router.add(route("GET", "/a/*"));
  CHECK(find("GET", "/a/b") == "/a/b");
  CHECK(find("GET", "/a/c").starts_with("/a/"));
  CHECK(find("GET", "/x/y").starts_with("/"));
  CHECK(find("GET", "/x/y/z") == "/* x/y/z");
  CHECK(find("GET", "/a/b/c") == "/a/* b/c");
}

TEST_CASE_METHOD(Fixture, "a helper's URI is taken literally, whatever is in it") {
  for (const char* pattern : {"/a.*", "/:x", "/*", "/a+b", "/[a-z]", "/a b", "no slash", "/caf\xc3\xa9", "/a%41"}) {
    CHECK(router.add(route("GET", pattern, true)));
  }
  CHECK(find("GET", "/a.json") == "[]");
  CHECK(find("GET", "/a.*") == "/a.*");
  CHECK(find("GET", "/y") == "[]");
  CHECK(find("GET", "/:x") == "/:x");
  CHECK(find("GET", "/a+b") == "/a+b");
  CHECK(find("GET", "/aab") == "[]");
  CHECK(find("GET", "/a%20b") == "/a b");
  CHECK(find("GET", "/caf%C3%A9") == "/caf\xc3\xa9");
  CHECK(find("GET", "/a%41") == "/a%41");
}

TEST_CASE_METHOD(Fixture, "each method of a path is a route of its own; HEAD falls back on GET") {
  CHECK(router.add(route("GET", "/x", true, "one")));
  CHECK(router.add(route("POST", "/x", true, "two")));
  CHECK_FALSE(router.add(route("GET", "/x", true, "three")));
  CHECK(router.match("GET", "/x").route->owner == "one");
  CHECK(router.match("POST", "/x").route->owner == "two");
  CHECK(router.match("HEAD", "/x").route->owner == "one");
  CHECK(find("PUT", "/x") == "[GET,POST,]");
  CHECK(router.remove("GET", "/x"));
  CHECK_FALSE(router.remove("GET", "/x"));
  CHECK(find("GET", "/x") == "[POST,]");
  CHECK(router.remove("POST", "/x"));
  CHECK(find("GET", "/x") == "[]");
  CHECK(router.all().empty());
}

TEST_CASE_METHOD(Fixture, "the methods of a path are those of all routes that fit it") {
  router.add(route("GET", "/a/b"));
  router.add(route("POST", "/a/:x"));
  router.add(route("PUT", "/*"));
  CHECK(find("POST", "/a/b") == "/a/:x b");
  CHECK(find("DELETE", "/a/b") == "[GET,PUT,POST,]");
  CHECK(router.all().size() == 3);
  CHECK(router.remove("POST", "/a/:x"));
  CHECK_FALSE(router.remove("POST", "/a/:y/z"));
  CHECK(find("DELETE", "/a/b") == "[GET,PUT,]");
}

TEST_CASE_METHOD(Fixture, "ten thousand routes are found as one is") {
  for (int i = 0; i < 10'000; ++i) router.add(route("GET", "/helper/" + std::to_string(i) + ".html", true));
  CHECK(find("GET", "/helper/0.html") == "/helper/0.html");
  CHECK(find("GET", "/helper/9999.html") == "/helper/9999.html");
  CHECK(find("GET", "/helper/10000.html") == "[]");
  CHECK(router.all().size() == 10'000);
}

TEST_CASE_METHOD(Fixture, "a slash in disguise matches no slash of a literal route's") {
  router.add(route("GET", "/a/b c", true));
  router.add(route("GET", "/x%2Fy", true));
  CHECK(find("GET", "/a/b%20c") == "/a/b c");
  CHECK(find("GET", "/%61/b%20c") == "/a/b c");
  CHECK(find("GET", "/a%2fb%20c") == "[]");
  CHECK(find("GET", "/a%2Fb c") == "[]");
  CHECK(find("GET", "/x%2Fy") == "/x%2Fy");
  CHECK(find("GET", "/%78%2fy") == "/x%2Fy");
  CHECK(find("GET", "/x/y") == "[]");
  CHECK(find("GET", "/a/b%2") == "[]");
}
