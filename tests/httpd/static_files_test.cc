#include "httpd/static_files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/task_group.h"
#include "tests/httpd/static_pages.h"

using namespace kismet;
using namespace kismet::testing;

TEST_CASE("a file is served whole, with its type and what tells its version") {
  StaticPages pages;
  pages.folder.write("home/js/app.js", "let a;");
  const auto reply = pages.ask("/js/app.js");
  CHECK(reply->status() == 200);
  CHECK(reply->body() == "let a;");
  CHECK(reply->content_type() == "text/javascript; charset=utf-8");
  CHECK(reply->header("ETag").size() > 10);
  CHECK(reply->header("Last-Modified").ends_with(" GMT"));
  CHECK(reply->header("Cache-Control") == "no-cache");
  CHECK(reply->header("X-Content-Type-Options") == "nosniff");
  CHECK(reply->writes() == 1);
}

TEST_CASE("a folder is served by its index, under an address that ends with a slash") {
  StaticPages pages;
  pages.folder.write("home/index.html", "front");
  pages.folder.write("home/docs/index.html", "docs");
  pages.folder.write("home/empty/file", "");
  CHECK(pages.ask("/")->body() == "front");
  CHECK(pages.ask("/")->content_type() == "text/html; charset=utf-8");
  CHECK(pages.ask("/docs/")->body() == "docs");
  const auto reply = pages.ask("/docs?a=b");
  CHECK(reply->status() == 301);
  CHECK(reply->header("Location") == "./docs/?a=b");
  CHECK(pages.status("/empty/") == 404);
  CHECK(pages.status("/empty") == 404);
}

TEST_CASE("a redirect into a folder never leads to another host") {
  StaticPages pages;
  pages.folder.write("home/a:b/index.html", "");
  pages.folder.write("home/x/evil.example/index.html", "");
  CHECK(pages.ask("/a:b")->header("Location") == "./a:b/");
  CHECK(pages.ask("/x/evil.example")->header("Location") == "./evil.example/");
}

TEST_CASE("nothing outside the folder is served, however it is asked for") {
  StaticPages pages;
  pages.folder.write("secret", "secret");
  pages.folder.write("home/index.html", "front");
  pages.folder.write("home/sub/file", "inside");
  pages.folder.write("home/.hidden", "secret");
  pages.folder.write("home/sub/.git/config", "secret");
  REQUIRE(::symlink("../secret", pages.folder.file("home/link").c_str()) == 0);
  REQUIRE(::symlink("..", pages.folder.file("home/up").c_str()) == 0);
  REQUIRE(::symlink("/etc", pages.folder.file("home/etc").c_str()) == 0);
  REQUIRE(::symlink("sub/file", pages.folder.file("home/good").c_str()) == 0);
  REQUIRE(::mkfifo(pages.folder.file("home/fifo").c_str(), 0600) == 0);
  REQUIRE(::symlink("/dev/zero", pages.folder.file("home/zero").c_str()) == 0);
  for (const std::string path : {"/../secret",
                                 "/%2e%2e/secret",
                                 "/..%2fsecret",
                                 "/sub/../../secret",
                                 "/sub/%2e%2e/%2e%2e/secret",
                                 "/.%2e/secret",
                                 "/sub/..%2f..%2fsecret",
                                 "/%252e%252e/secret",
                                 "/..%c0%afsecret",
                                 "/..\\secret",
                                 "/%5c..%5csecret",
                                 "/link",
                                 "/up/secret",
                                 "/up/home/index.html",
                                 "/etc/passwd",
                                 "/.hidden",
                                 "/sub/.git/config",
                                 "/%2ehidden",
                                 "/fifo",
                                 "/zero",
                                 "/secret%00.html",
                                 "/index.html%00",
                                 "/index.html/",
                                 "/index.html/x",
                                 "/sub/file/../../../secret"}) {
    INFO(path);
    const auto reply = pages.ask(path);
    CHECK(reply->status() == 404);
    CHECK(reply->body().find("secret\n") == std::string::npos);
  }
  CHECK(pages.status("/" + std::string(5000, 'a')) == 404);
  CHECK(pages.status("/" + std::string(300, 'a')) == 404);
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "/a";
  CHECK(pages.status(deep) == 404);
  CHECK(pages.ask("/good")->body() == "inside");
}

TEST_CASE("names are decoded once") {
  StaticPages pages;
  pages.folder.write("home/a b+c%.txt", "found");
  CHECK(pages.ask("/a%20b+c%.txt")->body() == "found");
  CHECK(pages.ask("/a%20b%2Bc%25.txt")->body() == "found");
  CHECK(pages.status("/a%2520b+c%.txt") == 404);
}

TEST_CASE("a client that has the version is sent no body, and another version after a change") {
  StaticPages pages;
  pages.folder.write("home/a.txt", "one");
  const std::string etag = pages.ask("/a.txt")->header("ETag");
  const std::string date = pages.ask("/a.txt")->header("Last-Modified");
  const auto same = pages.ask("/a.txt", {{"If-None-Match", etag}});
  CHECK(same->status() == 304);
  CHECK(same->body().empty());
  CHECK(same->header("ETag") == etag);
  CHECK(same->content_type().empty());
  CHECK(pages.ask("/a.txt", {{"If-Modified-Since", date}})->status() == 304);
  pages.folder.write("home/a.txt", "other");
  CHECK(pages.ask("/a.txt", {{"If-None-Match", etag}})->body() == "other");
}

TEST_CASE("one part of a file is served as asked") {
  StaticPages pages;
  pages.folder.write("home/a.txt", "0123456789");
  const auto part = pages.ask("/a.txt", {{"Range", "bytes=2-4"}});
  CHECK(part->status() == 206);
  CHECK(part->body() == "234");
  CHECK(part->header("Content-Range") == "bytes 2-4/10");
  CHECK(pages.ask("/a.txt", {{"Range", "bytes=-3"}})->body() == "789");
  CHECK(pages.ask("/a.txt", {{"Range", "bytes=8-"}})->body() == "89");
  const auto beyond = pages.ask("/a.txt", {{"Range", "bytes=10-"}});
  CHECK(beyond->status() == 416);
  CHECK(beyond->header("Content-Range") == "bytes */10");
  CHECK(pages.ask("/a.txt", {{"Range", "bytes=0-1,3-4"}})->status() == 200);
  CHECK(pages.ask("/a.txt", {{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}})->body() == "0123456789");
}

TEST_CASE("HEAD is answered like GET, without the body, for small and large files") {
  StaticPages pages;
  pages.settings.piece = 4;
  for (const std::string content : {"", "abc", "0123456789"}) {
    pages.folder.write("home/a.txt", content);
    const auto reply = pages.ask("/a.txt", {}, "HEAD");
    CHECK(reply->status() == 200);
    CHECK(reply->body().empty());
    CHECK(reply->finished());
    if (!content.empty()) CHECK(reply->promised() == content.size());
    CHECK(reply->header("ETag") == pages.ask("/a.txt")->header("ETag"));
  }
}

TEST_CASE("a large file leaves in pieces, with its length, and a client that leaves ends it") {
  StaticPages pages;
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i);
  pages.folder.write("home/large.bin", content);
  pages.settings.piece = 4096;
  const auto whole = pages.ask("/large.bin");
  CHECK(whole->body() == content);
  CHECK(whole->promised() == content.size());
  CHECK(whole->finished());
  CHECK(whole->writes() == (content.size() + 4095) / 4096);
  CHECK(pages.ask("/large.bin", {{"Range", "bytes=10000-30000"}})->body() == content.substr(10'000, 20'001));

  StaticFiles files(pages.worker, pages.types, pages.settings);
  Request request;
  request.method = "GET";
  request.path = "/large.bin";
  FakeResponseWriter out(pages.loop);
  out.stop_reading();
  TaskGroup group(pages.loop.get_executor(), {});
  group.spawn("client", files.handle(request, out));
  net::post(pages.loop.get_executor(), [&] { out.leave(); });
  run_task(pages.loop, group.drained());
  CHECK_FALSE(out.finished());
}

TEST_CASE("a file that shrinks while it is sent ends the answer where the client sees it") {
  StaticPages pages;
  pages.folder.write("home/a.bin", std::string(100'000, 'x'));
  pages.settings.piece = 1000;
  StaticFiles files(pages.worker, pages.types, pages.settings);
  Request request;
  request.method = "GET";
  request.path = "/a.bin";
  FakeResponseWriter out(pages.loop);
  out.stop_reading();
  TaskGroup group(pages.loop.get_executor(), {});
  group.spawn("client", files.handle(request, out));
  net::post(pages.loop.get_executor(), [&] {
    std::filesystem::resize_file(pages.folder.file("home/a.bin"), 5000);
    out.read_again();
  });
  run_task(pages.loop, group.drained());
  CHECK(out.aborted());
  CHECK(out.body().size() == 5000);
}

TEST_CASE("the first root that has the file answers, and each has its prefix") {
  StaticPages pages;
  pages.settings.roots = {{"/", pages.folder.file("user")},
                          {"/", pages.folder.file("home")},
                          {"/plugin/demo/", pages.folder.file("plugin")}};
  pages.folder.write("home/a", "home");
  pages.folder.write("home/b", "home");
  pages.folder.write("plugin/c", "plugin");
  CHECK(pages.ask("/b")->body() == "home");
  pages.folder.write("user/b", "user");
  CHECK(pages.ask("/a")->body() == "home");
  CHECK(pages.ask("/b")->body() == "user");
  CHECK(pages.ask("/plugin/demo/c")->body() == "plugin");
  CHECK(pages.status("/plugin/demo/../c") == 404);
  CHECK(pages.status("/c") == 404);
}

TEST_CASE("types can be set, over the built-in ones too") {
  StaticPages pages;
  pages.folder.write("home/a.JS", "");
  pages.folder.write("home/a.new", "");
  pages.folder.write("home/plain", "");
  CHECK(pages.ask("/a.new")->content_type() == "application/octet-stream");
  CHECK(pages.ask("/plain")->content_type() == "application/octet-stream");
  pages.types.set("js", "text/x-mine");
  pages.types.set("new", "text/x-new");
  CHECK(pages.ask("/a.JS")->content_type() == "text/x-mine");
  CHECK(pages.ask("/a.new")->content_type() == "text/x-new");
}

TEST_CASE("where there is no file, a page can be set to be served instead of 404") {
  StaticPages pages;
  CHECK(pages.status("/none") == 404);
  pages.folder.write("home/app.html", "app");
  pages.settings.unknown = "/app.html";
  const auto reply = pages.ask("/none");
  CHECK(reply->status() == 200);
  CHECK(reply->body() == "app");
  CHECK(pages.ask("/../x")->body() == "app");
  std::filesystem::remove(pages.folder.file("home/app.html"));
  CHECK(pages.status("/none") == 404);
}

TEST_CASE("without descriptors the client is told to come back") {
  StaticPages pages;
  pages.folder.write("home/a", "a");
  pages.status("/a");  // Whatever is opened once is open now.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const UniqueFd next(::dup(0));
  const rlimit none{static_cast<rlim_t>(next.get()) + 1, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto reply = pages.ask("/a");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(reply->status() == 503);
  CHECK(reply->header("Retry-After") == "1");
}

TEST_CASE("other methods are answered by whether there is such a file") {
  StaticPages pages;
  pages.folder.write("home/app.js", "plain");
  pages.folder.write("home/docs/index.html", "docs");
  pages.settings.unknown = "/app.js";
  for (const char* path : {"/app.js", "/docs/", "/docs"}) {
    for (const char* method : {"PUT", "POST", "DELETE"}) {
      const auto reply = pages.ask(path, {}, method);
      CHECK(reply->status() == 405);
      CHECK(reply->header("Allow") == "GET, HEAD, OPTIONS");
    }
    const auto options = pages.ask(path, {}, "OPTIONS");
    CHECK(options->status() == 204);
    CHECK(options->header("Allow") == "GET, HEAD, OPTIONS");
  }
  CHECK(pages.ask("/none", {}, "PUT")->status() == 404);
  CHECK(pages.ask("/none", {}, "OPTIONS")->status() == 404);
  CHECK(pages.ask("/../x", {}, "PUT")->status() == 404);
}

TEST_CASE("a root below a path is a folder, and its path is meant decoded") {
  StaticPages pages;
  pages.settings.roots = {{"/plugin/my demo/", pages.folder.file("plugin")}, {"/", pages.folder.file("home")}};
  pages.folder.write("plugin/index.html", "plugin");
  pages.folder.write("plugin/js/a.js", "script");
  CHECK(pages.ask("/plugin/my%20demo/")->body() == "plugin");
  CHECK(pages.ask("/plugin//my%20demo/js/a.js")->body() == "script");
  const auto reply = pages.ask("/plugin/my%20demo");
  CHECK(reply->status() == 301);
  CHECK(reply->header("Location") == "./my%20demo/");
  CHECK(pages.status("/plugin/my%20demo%2fjs/a.js") == 404);
  CHECK(pages.status("/plugin/other/js/a.js") == 404);
}
