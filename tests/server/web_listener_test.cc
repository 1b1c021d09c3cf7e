#include "server/web_listener.h"

#include <catch2/catch.hpp>

#include "server/config.h"

using namespace kismet;
using Catch::Matchers::Contains;

namespace {

std::string parse(const std::string& text, WebListener& out) {
  ValueContext context;
  context.expand.home = "/home/ada";
  return web_listener().parse(text, out, context);
}

std::string wrong(const std::string& text) {
  WebListener unused;
  return parse(text, unused);
}

/// As it would be written after it was read.
std::string read(const std::string& text) {
  WebListener listener;
  REQUIRE(parse(text, listener) == "");
  return web_listener().show(listener);
}

}  // namespace

TEST_CASE("a listener is an address with a port, or a unix socket, and what it speaks") {
  for (const char* text : {"127.0.0.1:2501", "0.0.0.0:0,tls", "[::1]:2501,plain", "[fe80::1]:65535", "unix:/run/web",
                           "unix:/run/web,tls,mode=0600"}) {
    CHECK(read(text) == text);
  }
  CHECK(read("unix:%h/web") == "unix:/home/ada/web");
  CHECK(read("unix:/run/web,mode=660") == "unix:/run/web");
  CHECK(read("unix:/run/web,group=0,plain") == "unix:/run/web,plain,group=0");
  CHECK(read("[0:0::1]:1") == "[::1]:1");
}

TEST_CASE("a listener that is written wrong is refused in words that help") {
  CHECK_THAT(wrong("2501"), Contains("has no port"));
  CHECK_THAT(wrong("[::1]"), Contains("has no port"));
  CHECK_THAT(wrong("::1:80"), Contains("needs brackets, as in [::1]:2501"));
  CHECK_THAT(wrong("[127.0.0.1]:80"), Contains("brackets, which are for IPv6"));
  CHECK_THAT(wrong("*:80"), Contains("0.0.0.0 for IPv4, [::] for IPv6"));
  CHECK_THAT(wrong("127.0.0.1:"), Contains("the port \"\" is not a number"));
  CHECK_THAT(wrong("127.0.0.1:65536"), Contains("number from 0 to 65535"));
  CHECK_THAT(wrong("127.0.0.1:1,"), Contains("unknown \"\""));
  CHECK_THAT(wrong("127.0.0.1:1,plain,tls"), Contains("exclude each other"));
  CHECK_THAT(wrong("127.0.0.1:1,group=0"), Contains("group= is for unix sockets"));
  CHECK_THAT(wrong("unix:"), Contains("is not an absolute path"));
  CHECK_THAT(wrong("unix:/run/"), Contains("is a folder"));
  for (const char* mode : {"0", "8", "1777", "0x10", "rw", "-1"}) {
    CHECK_THAT(wrong(std::string("unix:/x,mode=") + mode), Contains("permissions in octal"));
  }
  CHECK_THAT(wrong("unix:/x,mode="), Contains("has no value"));
  CHECK_THAT(wrong("unix:/x,group=no-such-group-here"), Contains("no-such-group-here"));
}

TEST_CASE("without lines of its own the server listens where the older options say") {
  HttpdConfig config;
  config.bind_address = "::1";
  config.port = 80;
  config.ssl = true;
  REQUIRE(web_listeners(config).size() == 1);
  CHECK(shown_url(web_listeners(config).front()) == "https://[::1]:80/");
}

TEST_CASE("a line that does not say what it speaks does as httpd_ssl, and a unix socket is plain") {
  HttpdConfig config;
  config.ssl = true;
  for (const char* text : {"127.0.0.1:1", "127.0.0.1:2,plain", "unix:/run/web", "unix:/run/tls,tls"}) {
    REQUIRE(parse(text, config.listen.emplace_back()) == "");
  }
  std::vector<std::string> urls;
  for (const WebListener& listener : web_listeners(config)) urls.push_back(shown_url(listener));
  CHECK(urls == std::vector<std::string>{"https://127.0.0.1:1/", "http://127.0.0.1:2/", "unix:/run/web (http)",
                                         "unix:/run/tls (https)"});
}
