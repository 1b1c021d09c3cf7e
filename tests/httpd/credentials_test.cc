#include "httpd/credentials.h"

#include <catch2/catch.hpp>

#include "tests/httpd/identity_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

std::vector<std::string> tokens_of(const Request& request) {
  std::vector<std::string> tokens;
  for_each_token(request, [&](std::string_view token) {
    tokens.emplace_back(token);
    return true;
  });
  return tokens;
}

std::vector<std::string> readings_of(const Request& request) {
  std::vector<std::string> readings;
  for (const LoginReading& reading : login_readings(request)) readings.push_back(reading.name + "|" + reading.password);
  return readings;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every KISMET cookie and query variable is a token, in the order of trust") {
  CHECK(tokens_of(get("/")).empty());
  CHECK(tokens_of(with(get("/"), "Cookie", "KISMET=stale; KISMET=new")) == Texts{"stale", "new"});
  CHECK(tokens_of(with(get("/"), "cookie", "a=b;KISMET=\"quoted\" ; KISMETX=no; xKISMET=no; kismet=no")) ==
        Texts{"quoted"});
  CHECK(tokens_of(with(with(get("/"), "Cookie", "KISMET=1"), "Cookie", "KISMET=2")) == Texts{"1", "2"});
  CHECK(tokens_of(get("/?a=b&KISMET=q1&KISMET=q%32&XKISMET=no")) == Texts{"q1", "q2"});
  CHECK(tokens_of(with(get("/?KISMET=q"), "Cookie", "KISMET=c")) == Texts{"c", "q"});
  CHECK(tokens_of(with(get("/?KISMET="), "Cookie", "KISMET=; KISMET; =KISMET;;; =")).empty());
}

TEST_CASE("no more than a fixed number of tokens is looked at") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "KISMET=x;";
  CHECK(tokens_of(with(get("/?KISMET=q"), "Cookie", many)).size() == static_cast<std::size_t>(kMaxTokens));
}

TEST_CASE("looking for tokens ends when the caller has enough") {
  int seen = 0;
  for_each_token(with(get("/?KISMET=3"), "Cookie", "KISMET=1; KISMET=2"), [&](std::string_view) {
    ++seen;
    return false;
  });
  CHECK(seen == 1);
}

TEST_CASE("Basic is read however it is spelt, and as Latin-1 when it is no UTF-8") {
  CHECK(readings_of(basic(get("/"), "kismet:se:cret")) == Texts{"kismet|se:cret"});
  CHECK(readings_of(with(get("/"), "authorization", "bAsIc   YTpi")) == Texts{"a|b"});
  CHECK(readings_of(with(get("/"), "Authorization", "Basic YTpiYg")) == Texts{"a|bb"});
  CHECK(readings_of(with(get("/"), "Authorization", "Basic YTpiYg== ")) == Texts{"a|bb"});
  CHECK(readings_of(basic(get("/"), "a:\xE9")) == Texts{"a|\xE9", "a|\xC3\xA9"});
  CHECK(readings_of(basic(get("/"), "a:\xC3\xA9")) == Texts{"a|\xC3\xA9"});
}

TEST_CASE("the query's login is read with a plus as a space and as itself") {
  CHECK(readings_of(get("/?user=kismet&password=secret")) == Texts{"kismet|secret"});
  CHECK(readings_of(get("/?password=a+b%21&user=kismet")) == Texts{"kismet|a b!", "kismet|a+b!"});
  CHECK(readings_of(get("/?user=k&password=100%")) == Texts{"k|100%"});
  CHECK(readings_of(get("/?user=k&password=%zz%4")) == Texts{"k|%zz%4"});
  CHECK(readings_of(get("/?user=k&password=a=b")) == Texts{"k|a=b"});
}

TEST_CASE("what is no login is not read as one") {
  CHECK(readings_of(get("/")).empty());
  CHECK(readings_of(basic(get("/"), "kismet:")).empty());  // The stock UI's default.
  CHECK(readings_of(basic(get("/"), ":secret")).empty());
  CHECK(readings_of(basic(get("/"), "no colon")).empty());
  CHECK(readings_of(with(get("/"), "Authorization", "Basic")).empty());
  CHECK(readings_of(with(get("/"), "Authorization", "Basic !!!!")).empty());
  CHECK(readings_of(with(get("/"), "Authorization", "Bearer YTpi")).empty());
  CHECK(readings_of(get("/?user=a")).empty());
  CHECK(readings_of(get("/?user=&password=b")).empty());
  CHECK(readings_of(basic(get("/"), "a:" + std::string(kMaxPassword + 1, 'x'))).empty());
  CHECK(readings_of(basic(get("/"), std::string(kMaxLoginName + 1, 'x') + ":b")).empty());
}

TEST_CASE("Basic and the query's login are both read, Basic first") {
  CHECK(readings_of(basic(get("/?user=q&password=qq"), "b:bb")) == Texts{"b|bb", "q|qq"});
}
