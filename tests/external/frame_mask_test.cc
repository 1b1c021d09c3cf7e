#include "external/frame_mask.h"

#include <catch2/catch.hpp>

using namespace kismet;
using namespace kismet::wire;

TEST_CASE("what a header or variable is called tells whether it is a credential") {
  for (const char* name : {"Authorization", "cookie", "Set-Cookie", "X-Auth-Token", "password", "old_passwd", "KISMET",
                           "api_key", "client_secret", "X-API-Key"}) {
    CHECK(names_credential(name));
  }
  for (const char* name : {"Accept", "user", "path", "Content-Type", "pass", "key"})
    CHECK_FALSE(names_credential(name));
}

TEST_CASE("credentials in forms and JSON are masked, the rest stays as it was") {
  CHECK(mask_text("a=1&password=x%20y&b=2") == "a=1&password=***&b=2");
  CHECK(mask_text("password=") == "password=***");
  CHECK(mask_text("a=1&&b") == "a=1&&b");
  CHECK(mask_text(R"({"a": "x", "password" : "se\"cret", "b": [1]})") == R"({"a": "x", "password" : "***", "b": [1]})");
  CHECK(mask_text(R"([{"deep": {"token":{"a":[1,"}"]},"c":2}}])") == R"([{"deep": {"token":"***","c":2}}])");
  CHECK(mask_text(R"({"token":17})") == R"({"token":"***"})");
  CHECK(mask_text(R"({"a": "password"})") == R"({"a": "password"})");
  CHECK(mask_text("just words, no password") == "just words, no password");
  CHECK(mask_text("") == "");
}

TEST_CASE("JSON that is cut off or wrong is masked as far as it goes") {
  for (const char* text :
       {"{\"token\"", "{\"token\":", "{\"token\":\"ab", "{\"token\":\"ab\\", "{\"token\":[[", "{\""}) {
    CHECK(mask_text(text).find("ab") == std::string::npos);
  }
}

TEST_CASE("a helper's token is never shown") {
  const Command command = HttpAuth{"0123456789ABCDEF"};
  const MaskedCommand masked(command);
  CHECK(masked.masked());
  CHECK(std::get<HttpAuth>(masked.command()).token == "***");
}

TEST_CASE("a request is shown without cookies, passwords and Authorization") {
  HttpRequest request;
  request.variables = {{"password", "hunter2"}, {"json", R"({"token":"hunter2","n":1})"}, {"q", "x"}};
  request.headers = {{"Cookie", "KISMET=hunter2"}, {"Authorization", "Basic hunter2"}, {"Accept", "*/*"}};
  request.body = "user=me&password=hunter2";
  const Command command = request;
  const MaskedCommand masked(command);
  const auto& shown = std::get<HttpRequest>(masked.command());
  CHECK(masked.masked());
  CHECK(shown.variables[0].second == "***");
  CHECK(shown.variables[1].second == R"({"token":"***","n":1})");
  CHECK(shown.variables[2].second == "x");
  CHECK(shown.headers[0].second == "***");
  CHECK(shown.headers[1].second == "***");
  CHECK(shown.headers[2].second == "*/*");
  CHECK(shown.body == "user=me&password=***");
}

TEST_CASE("an answer is shown without the cookies that it sets, a command without secrets as it is") {
  HttpResponse response;
  response.headers = {{"Set-Cookie", "x=hunter2"}, {"X-Other", "y"}};
  response.content = "password=shown, since it is a page";
  const Command answer = response;
  const MaskedCommand masked(answer);
  CHECK(std::get<HttpResponse>(masked.command()).headers[0].second == "***");
  CHECK(std::get<HttpResponse>(masked.command()).content == response.content);

  const Command message = Message{2, "hello"};
  CHECK_FALSE(MaskedCommand(message).masked());
}
