#include "tests/httpd/gate_cases.h"

namespace kismet::test {

namespace {

std::string post(const std::string& lines, const std::string& body = {}) {
  return "POST /echo HTTP/1.1\r\n" + kHost + lines + "\r\n" + body;
}

GateCase refused(std::string what, std::string bytes, int status = 400) {
  return {std::move(what), std::move(bytes), status, Fate::closed};
}

GateCase refused_length(std::string what, const std::string& value, int status = 400) {
  return refused(std::move(what), post("Content-Length:" + value + "\r\n", "hello"), status);
}

GateCase refused_encoding(std::string what, const std::string& lines, int status = 400) {
  return refused(std::move(what), post(lines, "5\r\nhello\r\n0\r\n\r\n"), status);
}

GateCase refused_chunks(std::string what, const std::string& chunks, int status = 400) {
  return refused(std::move(what), post("Transfer-Encoding: chunked\r\n", chunks), status);
}

GateCase fine(std::string what, std::string bytes, int status = 200) {
  return {std::move(what), std::move(bytes), status, Fate::goes_on};
}

GateCase fine_chunks(std::string what, const std::string& chunks) {
  return fine(std::move(what), post("Transfer-Encoding: chunked\r\n", chunks));
}

GateCase fine_get(std::string what, const std::string& target, const std::string& lines = kHost) {
  return fine(std::move(what), "GET " + target + " HTTP/1.1\r\n" + lines + "\r\n");
}

}  // namespace

std::vector<GateCase> length_cases() {
  return {
      refused_length("empty", ""),
      refused_length("a space", " "),
      refused_length("a word", " five"),
      refused_length("negative", " -5"),
      refused_length("with a plus", " +5"),
      refused_length("hexadecimal", " 0x5"),
      refused_length("with a fraction", " 5.0"),
      refused_length("with an exponent", " 5e0"),
      refused_length("with something behind", " 5x"),
      refused_length("two numbers", " 5 5"),
      refused_length("a list of equals", " 5, 5"),
      refused_length("a list of others", " 5, 6"),
      refused_length("a list with a comma too many", " 5,"),
      refused_length("in quotes", " \"5\""),
      refused_length("with an underscore", " 1_0"),
      refused_length("with a vertical tab", " \v5"),
      refused_length("with a NUL", std::string(" 5\0", 3)),
      refused_length("in digits of another script", " \xd9\xa5"),
      refused_length("2^64", " 18446744073709551616"),
      refused_length("2^64 + 5", " 18446744073709551621"),
      refused_length("a number of 100 digits", " " + std::string(100, '9')),
      refused_length("2^63", " 9223372036854775808", 413),
      refused_length("a byte over the limit", " 100001", 413),
      refused_length("a gigabyte", " 1073741824", 413),
      refused("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
      refused("two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
      refused("two lengths in different letters", post("Content-Length: 5\r\ncontent-length: 0\r\n", "hello")),
      refused("a space before the colon", post("Content-Length : 5\r\n", "hello")),
      refused("folded", post("Content-Length:\r\n 5\r\n", "hello")),
      refused("a length too large behind an expectation", post("Content-Length: 200000\r\nExpect: 100-continue\r\n"),
              413),
  };
}

std::vector<GateCase> transfer_encoding_cases() {
  return {
      refused_encoding("with Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      refused_encoding("behind Content-Length", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      refused_encoding("with Content-Length 0", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
      refused_encoding("gzip with Content-Length", "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
      refused_encoding("identity with Content-Length", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n"),
      refused_encoding("xchunked with Content-Length", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"),
      refused_encoding("gzip", "Transfer-Encoding: gzip\r\n"),
      refused_encoding("identity", "Transfer-Encoding: identity\r\n"),
      refused_encoding("xchunked", "Transfer-Encoding: xchunked\r\n"),
      refused_encoding("chunkedx", "Transfer-Encoding: chunkedx\r\n"),
      refused_encoding("empty", "Transfer-Encoding:\r\n"),
      refused_encoding("a comma", "Transfer-Encoding: ,\r\n"),
      refused_encoding("a comma too many", "Transfer-Encoding: ,chunked\r\n"),
      refused_encoding("a comma behind", "Transfer-Encoding: chunked,\r\n"),
      refused_encoding("in quotes", "Transfer-Encoding: \"chunked\"\r\n"),
      refused_encoding("with a parameter", "Transfer-Encoding: chunked;q=1\r\n"),
      refused_encoding("with a control character", "Transfer-Encoding: \vchunked\r\n"),
      refused_encoding("with a NUL", std::string("Transfer-Encoding: chunked\0\r\n", 29)),
      refused_encoding("chunked, identity", "Transfer-Encoding: chunked, identity\r\n"),
      refused_encoding("chunked, gzip", "Transfer-Encoding: chunked, gzip\r\n"),
      refused_encoding("chunked, chunked", "Transfer-Encoding: chunked, chunked\r\n"),
      refused_encoding("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", 501),
      refused_encoding("identity, chunked", "Transfer-Encoding: identity, chunked\r\n", 501),
      refused_encoding("twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      refused_encoding("chunked, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      refused_encoding("identity, then chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
      refused_encoding("a space before the colon", "Transfer-Encoding : chunked\r\n"),
      refused_encoding("a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
      refused_encoding("folded", "Transfer-Encoding:\r\n chunked\r\n"),
      refused_encoding("behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n"),
      refused_encoding("behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n"),
      refused("in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      refused("in HTTP/1.0 with a length",
              "POST /echo HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      refused("on GET with a length",
              "GET /hello HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  };
}

std::vector<GateCase> chunk_cases() {
  return {
      refused_chunks("a size that is no number", "x\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("no size", "\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a negative size", "-5\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a size with a plus", "+5\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a space before the size", " 5\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a space behind the size", "5 \r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a comma in the size", "5,5\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a size of 2^64", "10000000000000000\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a size that wraps to 5", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("a size of 2^64 - 1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", 413),
      refused_chunks("a size over the limit", "186a1\r\nhello\r\n0\r\n\r\n", 413),
      refused_chunks("sizes over the limit together",
                     "186a0\r\n" + std::string(100'000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n", 413),
      refused_chunks("data longer than the size", "4\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("data shorter than the size", "6\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("LF behind the size", "5\nhello\r\n0\r\n\r\n"),
      refused_chunks("LF behind the size, and nothing more", "5\nhello\n"),
      refused_chunks("CR behind the size", "5\rhello\r\n0\r\n\r\n"),
      refused_chunks("LF behind the data", "5\r\nhello\n0\r\n\r\n"),
      refused_chunks("CR behind the data", "5\r\nhello\r0\r\n\r\n"),
      refused_chunks("CR CR LF behind the size", "5\r\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("nothing behind the data", "5\r\nhello0\r\n\r\n"),
      refused_chunks("an extension with a bare LF", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with a bare LF in quotes", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with a bare CR in quotes", "5;a=\"\r\"\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with a line in quotes", "5;a=\"\r\nhello\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with a NUL", std::string("5;a\0\r\nhello\r\n0\r\n\r\n", 19)),
      refused_chunks("an extension without a name", "5;\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with spaces around", "5 ; a = b\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension with a quote that never ends", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
      refused_chunks("an extension of 40 KiB", "5;" + std::string(40 * 1024, 'a') + "\r\nhello\r\n0\r\n\r\n", 431),
      refused_chunks("LF behind the last chunk", "5\r\nhello\r\n0\n\n"),
      refused_chunks("a bad extension of the last chunk", "5\r\nhello\r\n0;\n\r\n\r\n"),
      refused_chunks("a trailer without colon", "5\r\nhello\r\n0\r\nTrailer\r\n\r\n"),
      refused_chunks("a trailer with a space before the colon", "5\r\nhello\r\n0\r\nTrailer : x\r\n\r\n"),
      refused_chunks("a folded trailer", "5\r\nhello\r\n0\r\nTrailer: x\r\n y\r\n\r\n"),
      refused_chunks("a trailer with a bare LF", "5\r\nhello\r\n0\r\nTrailer: x\ny\r\n\r\n"),
      refused_chunks("a length in the trailer", "5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n"),
      refused_chunks("a Transfer-Encoding in the trailer", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
      refused_chunks("a trailer of 40 KiB", "5\r\nhello\r\n0\r\nT: " + std::string(40 * 1024, 't') + "\r\n\r\n", 431),
  };
}

std::vector<GateCase> odd_but_valid_cases() {
  return {
      fine_get("an empty line before", "/hello"),
      fine("CRLF before the request line", "\r\nGET /hello HTTP/1.1\r\n" + kHost + "\r\n"),
      fine("two empty lines before", "\r\n\r\nGET /hello HTTP/1.1\r\n" + kHost + "\r\n"),
      fine_get("an absolute target", "http://localhost/hello"),
      fine_get("an absolute target in capitals", "HTTP://LOCALHOST/hello"),
      fine_get("an https target", "https://localhost/hello"),
      fine_get("an absolute target with query", "http://localhost/echo?a=b"),
      fine_get("double slashes", "//hello"),
      fine_get("many slashes", "////hello"),
      fine_get("an encoded letter", "/%68ello"),
      fine_get("an encoded path", "/%68%65%6C%6C%6F"),
      fine_get("an empty query", "/hello?"),
      fine_get("two question marks", "/hello?a?b"),
      fine_get("a raw % in the query", "/hello?100%"),
      fine_get("what browsers do not encode", "/echo?a[]={x}|y^z`&b=\\'"),
      fine_get("the longest target", "/hello?" + std::string(8 * 1024 - 7, 'a')),
      fine_get("no space behind the colon", "/hello", "Host:localhost\r\n"),
      fine_get("spaces around the value", "/hello", "Host:   localhost   \r\n"),
      fine_get("tabs around the value", "/hello", "Host:\tlocalhost\t\r\n"),
      fine_get("names in other letters", "/hello", "HOST: localhost\r\n"),
      fine_get("a Host in capitals", "/hello", "Host: LOCALHOST\r\n"),
      fine_get("a Host with a port", "/hello", "Host: localhost:2501\r\n"),
      fine_get("a Host with an empty port", "/hello", "Host: localhost:\r\n"),
      fine_get("a Host with a dot behind", "/hello", "Host: localhost.\r\n"),
      fine_get("a Host below localhost", "/hello", "Host: kismet.localhost\r\n"),
      fine_get("an IPv4 Host", "/hello", "Host: 127.0.0.1:2501\r\n"),
      fine_get("an IPv6 Host", "/hello", "Host: [::1]:2501\r\n"),
      fine_get("a mapped IPv6 Host", "/hello", "Host: [::ffff:127.0.0.1]\r\n"),
      fine_get("an empty header", "/hello", kHost + "X-Empty:\r\n"),
      fine_get("a header of token characters", "/hello", kHost + "!#$%&'*+-.^_`|~: x\r\n"),
      fine_get("8-bit characters in a value", "/hello", kHost + "X-Name: caf\xc3\xa9\r\n"),
      fine_get("a tab in a value", "/hello", kHost + "X-Name: a\tb\r\n"),
      fine_get("colons in a value", "/hello", kHost + "X-Name: a:b: c\r\n"),
      fine_get("the same header twice", "/hello", kHost + "X-Name: a\r\nX-Name: b\r\n"),
      fine_get("an underscore in a name", "/hello", kHost + "X_Name: a\r\n"),
      fine_get("a header of 16 KiB", "/hello", kHost + "Cookie: a=" + std::string(16 * 1024, 'c') + "\r\n"),
      fine_get("an Upgrade that is not ours", "/hello",
               kHost + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
      fine_get("Connection with empty elements", "/hello", kHost + "Connection: , keep-alive ,\r\n"),
      fine_get("a foreign Origin on GET", "/hello", kHost + "Origin: http://evil.example\r\n"),
      fine("a body on GET", "GET /hello HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello"),
      fine("POST without a length", post("")),
      fine("POST of length 0", post("Content-Length: 0\r\n")),
      fine("leading zeros", post("Content-Length: 0005\r\n", "hello")),
      fine("spaces around the length", post("Content-Length:   5   \r\n", "hello")),
      fine("the largest body", post("Content-Length: 100000\r\n", std::string(100'000, 'b'))),
      fine("Expect with its body at once", post("Content-Length: 5\r\nExpect: 100-Continue\r\n", "hello")),
      fine("a body of requests", post("Content-Length: 41\r\n", "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n")),
      fine("OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", 204),
      fine("chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n")),
      fine("spaces around chunked", post("Transfer-Encoding:  chunked \r\n", "5\r\nhello\r\n0\r\n\r\n")),
      fine_chunks("one chunk", "5\r\nhello\r\n0\r\n\r\n"),
      fine_chunks("no chunk", "0\r\n\r\n"),
      fine_chunks("small letters", "a\r\n0123456789\r\n0\r\n\r\n"),
      fine_chunks("capitals", "A\r\n0123456789\r\n0\r\n\r\n"),
      fine_chunks("leading zeros", "00005\r\nhello\r\n0\r\n\r\n"),
      fine_chunks("many zeros at the end", "5\r\nhello\r\n0000\r\n\r\n"),
      fine_chunks("an extension", "5;a=b\r\nhello\r\n0\r\n\r\n"),
      fine_chunks("an extension in quotes", "5;a=\"b c; d\"\r\nhello\r\n0\r\n\r\n"),
      fine_chunks("an extension without value", "5;a;b\r\nhello\r\n0\r\n\r\n"),
      fine_chunks("an extension of the last chunk", "5\r\nhello\r\n0;a=b\r\n\r\n"),
      fine_chunks("a trailer", "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"),
      fine_chunks("a cookie in the trailer is no cookie", "5\r\nhello\r\n0\r\nCookie: KISMET=admin-token\r\n\r\n"),
      fine_chunks("CRLF in the data", "7\r\na\r\nb\r\nc\r\n0\r\n\r\n"),
      fine_chunks("one-byte chunks", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
  };
}

std::vector<GateCase> gate_cases() {
  std::vector<GateCase> all;
  for (auto* part : {request_line_cases, target_cases, header_cases, host_cases, length_cases, transfer_encoding_cases,
                     chunk_cases, odd_but_valid_cases}) {
    for (GateCase& one : part()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace kismet::test
