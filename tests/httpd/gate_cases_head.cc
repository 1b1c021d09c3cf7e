#include "tests/httpd/gate_cases.h"

namespace kismet::test {

namespace {

GateCase refused(std::string what, std::string bytes, int status = 400) {
  return {std::move(what), std::move(bytes), status, Fate::closed};
}

GateCase refused_line(std::string what, const std::string& line, int status = 400) {
  return refused(std::move(what), line + "\r\n" + kHost + "\r\n", status);
}

GateCase refused_target(std::string what, const std::string& target, int status = 400) {
  return refused_line(std::move(what), "GET " + target + " HTTP/1.1", status);
}

GateCase refused_header(std::string what, const std::string& lines, int status = 400) {
  return refused(std::move(what), "GET /hello HTTP/1.1\r\n" + kHost + lines + "\r\n\r\n", status);
}

GateCase refused_host(std::string what, const std::string& lines, int status = 400) {
  return refused(std::move(what), "GET /hello HTTP/1.1\r\n" + lines + "\r\n", status);
}

}  // namespace

std::vector<GateCase> request_line_cases() {
  return {
      refused_line("HTTP/0.9", "GET /hello"),
      refused_line("no target", "GET HTTP/1.1"),
      refused_line("nothing but a method", "GET"),
      refused_line("two spaces before the target", "GET  /hello HTTP/1.1"),
      refused_line("two spaces after the target", "GET /hello  HTTP/1.1"),
      refused_line("a space behind the version", "GET /hello HTTP/1.1 "),
      refused_line("a space before the method", " GET /hello HTTP/1.1"),
      refused_line("tabs for spaces", "GET\t/hello\tHTTP/1.1"),
      refused_line("a tab before the version", "GET /hello\tHTTP/1.1"),
      refused_line("a tab behind the target", "GET /hello\t HTTP/1.1"),
      refused_line("a word behind the version", "GET /hello HTTP/1.1 x"),
      refused_line("a space in the target", "GET /hel lo HTTP/1.1"),
      refused_line("a vertical tab for a space", "GET\v/hello HTTP/1.1"),
      refused_line("a form feed for a space", "GET\f/hello HTTP/1.1"),
      refused_line("a NUL in the line", std::string("GET /hel\0lo HTTP/1.1", 21)),
      refused_line("an escape character", "GET /\x1b[2J HTTP/1.1"),
      refused_line("a delete character", "GET /\x7f HTTP/1.1"),
      refused_line("a method of no token characters", "G(T /hello HTTP/1.1"),
      refused_line("a method with a slash", "GET/ /hello HTTP/1.1"),
      refused_line("a method with 8-bit characters", "G\xc3\x89T /hello HTTP/1.1"),
      refused_line("a colon behind the method", "GET: /hello HTTP/1.1"),
      refused_line("an unknown method", "BREW /hello HTTP/1.1", 501),
      refused_line("a method in small letters", "get /hello HTTP/1.1", 501),
      refused_line("a method in mixed letters", "Get /hello HTTP/1.1", 501),
      refused_line("CONNECT", "CONNECT localhost:80 HTTP/1.1", 501),
      refused_line("TRACE", "TRACE /hello HTTP/1.1", 501),
      refused_line("a WebDAV method", "PROPFIND /hello HTTP/1.1", 501),
      refused_line("a method of 33 characters", std::string(33, 'M') + " /hello HTTP/1.1", 501),
      refused_line("a very long method", std::string(9000, 'M') + " /hello HTTP/1.1", 501),
      refused_line("HTTP/2.0", "GET /hello HTTP/2.0", 505),
      refused_line("HTTP/3.0", "GET /hello HTTP/3.0", 505),
      refused_line("HTTP/1.2", "GET /hello HTTP/1.2", 505),
      refused_line("HTTP/0.9 written out", "GET /hello HTTP/0.9", 505),
      refused_line("HTTP/9.9", "GET /hello HTTP/9.9", 505),
      refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
      refused_line("HTTP/1", "GET /hello HTTP/1"),
      refused_line("HTTP/1.", "GET /hello HTTP/1."),
      refused_line("HTTP/1.10", "GET /hello HTTP/1.10"),
      refused_line("HTTP/01.1", "GET /hello HTTP/01.1"),
      refused_line("HTTP/11", "GET /hello HTTP/11"),
      refused_line("HTTP-1.1", "GET /hello HTTP-1.1"),
      refused_line("http/1.1 in small letters", "GET /hello http/1.1"),
      refused_line("HTTP /1.1", "GET /hello HTTP /1.1"),
      refused_line("HTTPS/1.1", "GET /hello HTTPS/1.1"),
      refused_line("another protocol", "GET /hello RTSP/1.0"),
      refused_line("a version of letters", "GET /hello HTTP/x.y"),
      refused_line("a version with a sign", "GET /hello HTTP/+1.1"),
      refused("a line that ends in LF", "GET /hello HTTP/1.1\n" + kHost + "\r\n"),
      refused("all lines end in LF", "GET /hello HTTP/1.1\nHost: localhost\n\n"),
      refused("a line that ends in CR", "GET /hello HTTP/1.1\r" + kHost + "\r\n"),
      refused("CR CR LF", "GET /hello HTTP/1.1\r\r\n" + kHost + "\r\n"),
      refused("LF CR", "GET /hello HTTP/1.1\n\r" + kHost + "\r\n"),
      refused("three empty lines before", "\r\n\r\n\r\nGET /hello HTTP/1.1\r\n" + kHost + "\r\n"),
      refused("an empty line that ends in LF before", "\nGET /hello HTTP/1.1\r\n" + kHost + "\r\n"),
      refused("a TLS client hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)),
      refused("an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n"),
      refused("a status line", "HTTP/1.1 200 OK\r\n" + kHost + "\r\n"),
      refused("text", "hello there\r\n\r\n"),
      refused("text without end", std::string(100, 'x'), 501),
      refused("binary garbage", std::string("\x00\x01\x02\x03", 4)),
      refused("a helper's frame", "\xde\xca\xfb\xad"),
      refused("a byte order mark", "\xef\xbb\xbfGET /hello HTTP/1.1\r\n" + kHost + "\r\n"),
  };
}

std::vector<GateCase> target_cases() {
  return {
      refused_target("no slash", "hello"),
      refused_target("a query alone", "?a=b"),
      refused_target("a backslash for a slash", "\\hello"),
      refused_target("a backslash in the path", "/a\\..\\b"),
      refused_target("a fragment", "/hello#part"),
      refused_target("a fragment in the query", "/hello?a#b"),
      refused_target("an 8-bit character", "/h\xc3\xa9llo"),
      refused_target("an 8-bit character in the query", "/hello?\xff"),
      refused_target("a quote", "/hello\""),
      refused_target("angle brackets", "/<script>"),
      refused_target("angle brackets in the query", "/hello?<script>"),
      refused_target("% without digits", "/hello%"),
      refused_target("% with one digit", "/hello%4"),
      refused_target("% with letters that are no digits", "/hello%zz"),
      refused_target("%u", "/hello%u0041"),
      refused_target("an encoded NUL", "/hello%00.html"),
      refused_target("* for GET", "*"),
      refused_target("authority form", "localhost:80"),
      refused_target("another scheme", "ftp://localhost/hello"),
      refused_target("javascript", "javascript:alert(1)"),
      refused_target("http without a host", "http:///hello"),
      refused_target("http with half a host", "http://"),
      refused_target("a user in the host", "http://user@localhost/hello"),
      refused_target("a host that is not in Host", "http://evil.example/hello"),
      refused_target("a port that is not in Host", "http://localhost:81/hello"),
      refused_target("a bad port", "http://localhost:x/hello"),
      refused_target("a host with a space encoded in", "http://local%20host/hello"),
      refused_target("one byte too long", "/" + std::string(8 * 1024, 'a'), 414),
      refused_target("much too long", "/" + std::string(30'000, 'a'), 414),
      refused_target("a query too long", "/hello?" + std::string(9'000, 'a'), 414),
      refused("a line that never ends", "GET /" + std::string(20'000, 'a'), 414),
  };
}

std::vector<GateCase> header_cases() {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  std::string more_than_many;
  for (int i = 0; i < 20'000; ++i) more_than_many += "a:b\r\n";
  return {
      refused_header("a space before the colon", "X-Y : z"),
      refused_header("a tab before the colon", "X-Y\t: z"),
      refused_header("a folded header", "X-Y: a\r\n b"),
      refused_header("a header folded with a tab", "X-Y: a\r\n\tb"),
      refused_header("an empty folded line", "X-Y: a\r\n "),
      refused("a first header that is folded", "GET /hello HTTP/1.1\r\n Host: localhost\r\n\r\n"),
      refused_header("no colon", "X-Y"),
      refused_header("no name", ": value"),
      refused_header("a space in the name", "X Y: z"),
      refused_header("a quote in the name", "X\"Y: z"),
      refused_header("a slash in the name", "X/Y: z"),
      refused_header("a bracket in the name", "X[0]: z"),
      refused_header("an at sign in the name", "X@Y: z"),
      refused_header("an 8-bit character in the name", "X-\xc3\xa9: z"),
      refused_header("a NUL in the name", std::string("X\0Y: z", 6)),
      refused_header("a NUL in the value", std::string("X-Y: a\0b", 8)),
      refused_header("a bell in the value", "X-Y: a\x07"),
      refused_header("an escape in the value", "X-Y: \x1b[31m"),
      refused_header("a vertical tab in the value", "X-Y: a\vb"),
      refused_header("a form feed in the value", "X-Y: a\fb"),
      refused_header("a delete character in the value", "X-Y: a\x7f"),
      refused_header("a bare LF in the value", "X-Y: a\nX-Z: b"),
      refused_header("a bare CR in the value", "X-Y: a\rX-Z: b"),
      refused_header("a bare LF behind a header", "X-Y: a\n"),
      refused_header("CR CR LF behind a header", "X-Y: a\r"),
      refused("an empty line that ends in LF", "GET /hello HTTP/1.1\r\n" + kHost + "\n"),
      refused("headers that end in LF LF", "GET /hello HTTP/1.1\r\n" + kHost + "X: y\n\n"),
      refused_header("an expectation nobody knows", "Expect: 200-ok", 417),
      refused_header("two expectations", "Expect: 100-continue, x", 417),
      refused_header("101 headers too many", many.substr(0, many.size() - 2), 431),
      refused_header("20000 headers", more_than_many.substr(0, more_than_many.size() - 2), 431),
      refused_header("one header of 33 KiB", "X-Y: " + std::string(33 * 1024, 'z'), 431),
      refused_header("100 KiB of headers", "X-Y: " + std::string(100 * 1024, 'z'), 431),
      refused("a header that never ends", "GET /hello HTTP/1.1\r\n" + kHost + "X-Y: " + std::string(40'000, 'z'), 431),
      refused_header("a name that never ends", std::string(33 * 1024, 'n'), 431),
      refused_header("Connection that is no list", "Connection: \"close\"; x y"),
  };
}

std::vector<GateCase> host_cases() {
  return {
      refused_host("no Host", ""),
      refused_host("no Host, but other headers", "X-Y: z\r\n"),
      refused_host("an empty Host", "Host:\r\n"),
      refused_host("a Host of spaces", "Host:   \r\n"),
      refused_host("two Hosts", "Host: localhost\r\nHost: evil.example\r\n"),
      refused_host("two equal Hosts", "Host: localhost\r\nHost: localhost\r\n"),
      refused_host("two Hosts in different letters", "Host: localhost\r\nHOST: localhost\r\n"),
      refused_host("a list", "Host: localhost, evil.example\r\n"),
      refused_host("two words", "Host: localhost evil.example\r\n"),
      refused_host("a path", "Host: localhost/evil\r\n"),
      refused_host("a query", "Host: localhost?evil\r\n"),
      refused_host("a fragment", "Host: localhost#evil\r\n"),
      refused_host("a user", "Host: user@localhost\r\n"),
      refused_host("a user and password", "Host: user:pass@localhost\r\n"),
      refused_host("a scheme", "Host: http://localhost\r\n"),
      refused_host("a port of letters", "Host: localhost:http\r\n"),
      refused_host("a port with a sign", "Host: localhost:+80\r\n"),
      refused_host("a port too large", "Host: localhost:65536\r\n"),
      refused_host("a port much too large", "Host: localhost:99999999\r\n"),
      refused_host("two ports", "Host: localhost:80:80\r\n"),
      refused_host("a port alone", "Host: :80\r\n"),
      refused_host("IPv6 without brackets", "Host: ::1\r\n"),
      refused_host("IPv6 with one bracket", "Host: [::1\r\n"),
      refused_host("IPv6 with something behind", "Host: [::1]x\r\n"),
      refused_host("letters in brackets", "Host: [localhost]\r\n"),
      refused_host("empty brackets", "Host: []\r\n"),
      refused_host("a NUL", std::string("Host: local\0host\r\n", 18)),
      refused_host("a backslash", "Host: localhost\\evil\r\n"),
      refused_host("a quote", "Host: \"localhost\"\r\n"),
      refused_host("an 8-bit character",
                   "Host: l\xc3\xb6"
                   "calhost\r\n"),
      refused_host("a name of 256 characters", "Host: " + std::string(256, 'a') + "\r\n"),
      {"a name that was rebound to loopback", "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, Fate::goes_on},
      {"such a name with a port", "GET /hello HTTP/1.1\r\nHost: evil.example:2501\r\n\r\n", 421, Fate::goes_on},
      {"a name that only begins like localhost", "GET /hello HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421,
       Fate::goes_on},
      {"a name that only ends like localhost", "GET /hello HTTP/1.1\r\nHost: evillocalhost\r\n\r\n", 421,
       Fate::goes_on},
      {"a name of digits and letters", "GET /hello HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421,
       Fate::goes_on},
  };
}

}  // namespace kismet::test
