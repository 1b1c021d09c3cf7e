#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>

#include "httpd/coded_answer.h"
#include "httpd/content_coding.h"
#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;

namespace {

std::string gunzip(const std::string& coded) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

std::string unbrotli(const std::string& coded) {
  std::string text(1 << 20, '\0');
  std::size_t size = text.size();
  CHECK(::BrotliDecoderDecompress(coded.size(), reinterpret_cast<const std::uint8_t*>(coded.data()), &size,
                                  reinterpret_cast<std::uint8_t*>(text.data())) == BROTLI_DECODER_RESULT_SUCCESS);
  text.resize(size);
  return text;
}

std::string unzstd(const std::string& coded) {
  std::string text(1 << 20, '\0');
  const std::size_t size = ::ZSTD_decompress(text.data(), text.size(), coded.data(), coded.size());
  REQUIRE(::ZSTD_isError(size) == 0);
  text.resize(size);
  return text;
}

/// The codings that a client takes who sends these Accept-Encodings, best first: "br gzip".
std::string taken(const std::vector<std::string>& lines) {
  Headers headers;
  for (const std::string& line : lines) headers.add("Accept-Encoding", line);
  std::string names;
  for (const ContentCoding coding : accepted_codings(headers)) {
    names.append(names.empty() ? "" : " ").append(coding_name(coding));
  }
  return names;
}

std::string page_text(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "{\"row\":" + std::to_string(text.size()) + "},";
  text.resize(size);
  return text;
}

/// A server with one page of 10,000 bytes, sent with `head`.
struct Page {
  explicit Page(ResponseHead with, std::size_t size = 10'000, const HttpdSettings& settings = {})
      : head(std::move(with)), text(page_text(size)), server(settings) {
    server.route("GET", "/page", "none", [this](const Request&, ResponseWriter& out) { return answer(out); });
  }
  Task<void> answer(ResponseWriter& out) { co_await out.send(head, text); }
  RawAnswer ask(const std::string& accepts) {
    RawClient client(server.port());
    return client.ask(get("/page", accepts.empty() ? "" : "Accept-Encoding: " + accepts + "\r\n"));
  }

  ResponseHead head;
  std::string text;
  ServerFixture server;
};

ResponseHead json_head() {
  return {200, "application/json", {{"Cache-Control", "no-cache"}}};
}

}  // namespace

TEST_CASE("clients say which codings they take, and how gladly") {
  CHECK(taken({}).empty());
  CHECK(taken({""}).empty());
  CHECK(taken({"gzip"}) == "gzip");
  CHECK(taken({"GZIP"}) == "gzip");
  CHECK(taken({"gzip, deflate, br"}) == "br gzip");
  CHECK(taken({"gzip, deflate, br, zstd"}) == "zstd br gzip");
  CHECK(taken({"gzip", "br"}) == "br gzip");
  CHECK(taken({"gzip;q=0.5, br;q=0.4"}) == "gzip br");
  CHECK(taken({"gzip;q=0"}).empty());
  CHECK(taken({"*"}) == "zstd br gzip");
  CHECK(taken({"*;q=0"}).empty());
  CHECK(taken({"gzip, *;q=0"}) == "gzip");
  CHECK(taken({"zstd;q=0, *"}) == "br gzip");
  CHECK(taken({"identity;q=0, gzip;q=0.1"}) == "gzip");
  CHECK(taken({"identity, gzip;q=0.5"}).empty());
  CHECK(taken({"identity;q=0.5, gzip"}) == "gzip");
  CHECK(taken({"gzip;q=x"}).empty());
  CHECK(taken({"deflate, x-unknown"}).empty());
  CHECK(taken({",,; ,=;q"}).empty());
}

TEST_CASE("what is coded comes back as it was, at every level") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, std::size_t{300'000}}) {
    const std::string text = page_text(size);
    for (unsigned level = 0; level <= 10; ++level) {
      CHECK(gunzip(encode(ContentCoding::gzip, level, text)) == text);
      CHECK(unbrotli(encode(ContentCoding::brotli, level, text)) == text);
      CHECK(unzstd(encode(ContentCoding::zstd, level, text)) == text);
    }
  }
}

TEST_CASE("a whole answer is sent in the coding that the client wants, with its length") {
  Page page(json_head());
  const RawAnswer gzip = page.ask("gzip");
  CHECK(gzip.complete);
  CHECK(gzip.header("content-encoding") == "gzip");
  CHECK(gzip.header("vary") == "Accept-Encoding");
  CHECK(gzip.header("content-length") == std::to_string(gzip.body.size()));
  CHECK(gzip.body.size() < page.text.size() / 2);
  CHECK(gunzip(gzip.body) == page.text);
  CHECK(unbrotli(page.ask("br").body) == page.text);
  CHECK(unzstd(page.ask("gzip, br, zstd").body) == page.text);
  for (const char* accepts : {"", "gzip;q=0", "identity", "deflate"}) {
    const RawAnswer plain = page.ask(accepts);
    CHECK(plain.header("content-encoding").empty());
    CHECK(plain.header("vary") == "Accept-Encoding");
    CHECK(plain.body == page.text);
  }
}

TEST_CASE("the head of an answer is the same for HEAD as for GET") {
  Page page(json_head());
  RawClient client(page.server.port());
  const RawAnswer whole = client.ask(get("/page", "Accept-Encoding: gzip\r\n"));
  const RawAnswer head = client.ask("HEAD /page HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n", true);
  CHECK(head.header("content-encoding") == "gzip");
  CHECK(head.header("content-length") == whole.header("content-length"));
  CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("answers in a buffer are coded like those in one piece") {
  ServerFixture server;
  const std::string text = page_text(50'000);
  server.route("GET", "/page", "none", [&text](const Request&, ResponseWriter& out) -> Task<void> {
    ChainedBuffer body;
    for (std::size_t at = 0; at < text.size(); at += 1000) body.append(std::string_view(text).substr(at, 1000));
    const ResponseHead head = json_head();
    co_await out.send(head, body);
  });
  RawClient client(server.port());
  const RawAnswer coded = client.ask(get("/page", "Accept-Encoding: gzip\r\n"));
  CHECK(coded.header("content-encoding") == "gzip");
  CHECK(gunzip(coded.body) == text);
  CHECK(client.ask(get("/page")).body == text);
}

TEST_CASE("what must stay as it is stays as it is") {
  const auto is_plain = [](ResponseHead head, std::size_t size = 10'000, const HttpdSettings& settings = {}) {
    Page page(std::move(head), size, settings);
    const RawAnswer answer = page.ask("gzip");
    return answer.body == page.text && answer.header("content-encoding") != "gzip";
  };
  CHECK_FALSE(is_plain(json_head()));
  CHECK(is_plain({200, "image/png", {}}));
  CHECK(is_plain({200, "", {}}));
  CHECK(is_plain({200, "text/html", {{"Content-Encoding", "deflate"}}}));
  CHECK(is_plain({206, "text/html", {{"Content-Range", "bytes 0-9999/20000"}}}));
  CHECK(is_plain({200, "text/html", {{"Cache-Control", "private, No-Transform"}}}));
  CHECK(is_plain({200, "text/html", {{"cache-control", "no-store"}}}));
  HttpdSettings settings;
  CHECK(is_plain(json_head(), settings.compression.min_size - 1));
  CHECK_FALSE(is_plain(json_head(), settings.compression.min_size));
  CHECK_FALSE(is_plain(json_head(), settings.compression.max_size));
  CHECK(is_plain(json_head(), settings.compression.max_size + 1));
  settings.compression.on = false;
  CHECK(is_plain(json_head(), 10'000, settings));
}

TEST_CASE("an answer that would not get smaller stays as it is") {
  Page page(json_head());
  std::uint32_t random = 1;
  for (char& c : page.text) c = static_cast<char>((random = random * 1'664'525 + 1'013'904'223) >> 24);
  const RawAnswer answer = page.ask("gzip");
  CHECK(answer.header("content-encoding").empty());
  CHECK(answer.body == page.text);
}

TEST_CASE("a coded answer has a weak ETag, and caches hear once that answers differ") {
  Page page({200, "text/html", {{"ETag", "\"v1\""}, {"Vary", "Cookie, accept-encoding"}}});
  const RawAnswer coded = page.ask("gzip");
  CHECK(coded.header("etag") == "W/\"v1\"");
  CHECK(coded.header("vary") == "Cookie, accept-encoding");
  CHECK(coded.head.find("Vary: Accept-Encoding") == std::string::npos);
  CHECK(page.ask("").header("etag") == "\"v1\"");
}

TEST_CASE("a stream is never coded") {
  ServerFixture server;
  server.route("GET", "/lines", "none", [](const Request&, ResponseWriter& out) -> Task<void> {
    const ResponseHead head{200, "text/plain", {}};
    out.start(head);
    ChainedBuffer body;
    body.append(page_text(10'000));
    co_await out.write(body);
    co_await out.finish();
  });
  RawClient client(server.port());
  const RawAnswer answer = client.ask(get("/lines", "Accept-Encoding: gzip, br, zstd\r\n"));
  CHECK(answer.header("content-encoding").empty());
  CHECK(answer.body == page_text(10'000));
}
