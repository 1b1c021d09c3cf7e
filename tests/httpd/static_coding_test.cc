#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "tests/httpd/static_pages.h"

using namespace kismet;
using namespace kismet::testing;

TEST_CASE("a compressed variant beside the file is sent to a client that takes it") {
  StaticPages pages;
  pages.folder.write("home/app.js", "plain");
  pages.folder.write("home/app.js.gz", "gzipped");
  const auto asked = [&](const std::string& accepts, const Fields& more = {}) {
    Fields fields = more;
    fields.emplace_back("Accept-Encoding", accepts);
    return pages.ask("/app.js", fields);
  };
  const auto reply = asked("gzip, deflate, br");
  CHECK(reply->body() == "gzipped");
  CHECK(reply->header("Content-Encoding") == "gzip");
  CHECK(reply->header("Vary") == "Accept-Encoding");
  CHECK(reply->content_type() == "text/javascript; charset=utf-8");
  CHECK(reply->header("ETag") != pages.ask("/app.js")->header("ETag"));
  CHECK(pages.ask("/app.js")->body() == "plain");
  CHECK(pages.ask("/app.js")->header("Vary") == "Accept-Encoding");
  CHECK(asked("gzip;q=0")->body() == "plain");
  CHECK(asked("br")->body() == "plain");
  CHECK(asked("gzip", {{"Range", "bytes=0-1"}})->body() == "pl");
  pages.folder.write("home/app.js.br", "brotli");
  CHECK(asked("gzip, br")->body() == "brotli");
  CHECK(asked("gzip, br;q=0.1")->body() == "gzipped");
  CHECK(pages.ask("/app.js.gz")->content_type() == "application/gzip");
}

TEST_CASE("a compressed variant that is older than its file is not sent") {
  StaticPages pages;
  pages.folder.write("home/app.js.gz", "old");
  pages.folder.write("home/app.js", "new");
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(pages.folder.file("home/app.js.gz"),
                                   std::filesystem::file_time_type::clock::now() - 1h);
  CHECK(pages.ask("/app.js", {{"Accept-Encoding", "gzip"}})->body() == "new");
}

TEST_CASE("a file without a variant is compressed once for clients that take it, and told apart from the file") {
  StaticPages pages;
  const std::string text(200'000, 'x');
  pages.folder.write("home/app.js", text);
  StaticFiles files(pages.worker, pages.types, pages.settings);
  const auto ask = [&](const Fields& fields, const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.path = "/app.js";
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    auto out = std::make_unique<FakeResponseWriter>(pages.loop, method == "HEAD");
    run_task(pages.loop, files.handle(request, *out));
    return out;
  };
  const Fields gzip{{"Accept-Encoding", "gzip"}};
  const auto coded = ask(gzip);
  CHECK(coded->header("Content-Encoding") == "gzip");
  CHECK(coded->body().size() < 2000);
  CHECK(coded->body().starts_with("\x1f\x8b"));
  CHECK(ask(gzip)->body() == coded->body());
  CHECK(ask(gzip, "HEAD")->header("Content-Encoding") == "gzip");
  CHECK(ask({{"Accept-Encoding", "br"}})->header("Content-Encoding") == "br");
  const auto plain = ask({});
  CHECK(plain->body() == text);
  CHECK(plain->header("ETag") != coded->header("ETag"));
  CHECK(ask({{"Accept-Encoding", "gzip"}, {"If-None-Match", coded->header("ETag")}})->status() == 304);
  CHECK(ask({{"Accept-Encoding", "gzip"}, {"If-None-Match", plain->header("ETag")}})->status() == 200);
  const auto part = ask({{"Accept-Encoding", "gzip"}, {"Range", "bytes=0-9"}});
  CHECK(part->status() == 206);
  CHECK(part->body() == text.substr(0, 10));
  pages.folder.write("home/app.js", std::string(100'000, 'y'));
  const auto changed = ask(gzip);
  CHECK(changed->header("ETag") != coded->header("ETag"));
  CHECK(changed->body() != coded->body());
}

TEST_CASE("pictures, small files and large ones are not compressed, nor any where that is turned off") {
  StaticPages pages;
  pages.settings.compression.max_file = 50'000;
  pages.folder.write("home/a.png", std::string(10'000, 'x'));
  pages.folder.write("home/small.js", "x");
  pages.folder.write("home/large.js", std::string(50'001, 'x'));
  pages.folder.write("home/good.js", std::string(50'000, 'x'));
  const Fields gzip{{"Accept-Encoding", "gzip"}};
  for (const char* path : {"/a.png", "/small.js", "/large.js"}) {
    CHECK(pages.ask(path, gzip)->header("Content-Encoding").empty());
  }
  CHECK(pages.ask("/good.js", gzip)->header("Content-Encoding") == "gzip");
  pages.settings.compression.on = false;
  CHECK(pages.ask("/good.js", gzip)->header("Content-Encoding").empty());
}
