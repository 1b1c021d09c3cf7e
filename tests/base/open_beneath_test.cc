#include "base/open_beneath.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

std::string content_of(const TemporaryFolder& folder, const std::string& path) {
  auto file = open_beneath(folder.file("root"), path, Lookup::may_block);
  if (!file) return "error " + std::to_string(file.error().value());
  char text[64];
  const ssize_t count = ::read(file->get(), text, sizeof text);
  return count < 0 ? "unreadable" : std::string(text, static_cast<std::size_t>(count));
}

void link(const TemporaryFolder& folder, const std::string& to, const std::string& name) {
  REQUIRE(::symlink(to.c_str(), folder.file(name).c_str()) == 0);
}

}  // namespace

TEST_CASE("nothing outside the folder is opened, by dots, absolute paths or links") {
  const TemporaryFolder folder;
  folder.write("root/a/b", "inside");
  folder.write("secret", "outside");
  link(folder, "../secret", "root/link-out");
  link(folder, folder.file("secret"), "root/link-absolute");
  link(folder, "..", "root/link-up");
  link(folder, "/", "root/link-root");
  link(folder, "/proc/self/root", "root/a/magic");
  for (const std::string path : {"../secret", "a/../../secret", "a/b/../../../secret", "link-out", "link-absolute",
                                 "link-up/secret", "link-root/etc/passwd", "a/magic/etc/passwd", "/etc/passwd", ""}) {
    INFO(path);
    CHECK(content_of(folder, path).starts_with("error"));
  }
  CHECK(content_of(folder, std::string("a/b\0c", 5)).starts_with("error"));
}

TEST_CASE("what lies inside is opened, through links that stay inside too") {
  const TemporaryFolder folder;
  folder.write("root/a/b", "inside");
  link(folder, "a", "root/link");
  link(folder, "../a/b", "root/a/link");
  CHECK(content_of(folder, "a/b") == "inside");
  CHECK(content_of(folder, "a//b") == "inside");
  CHECK(content_of(folder, "link/b") == "inside");
  CHECK(content_of(folder, "a/link") == "inside");
  CHECK(content_of(folder, "a/../a/b") == "inside");
  CHECK(open_beneath(folder.file("root"), "a", Lookup::may_block).has_value());
  CHECK(open_beneath(folder.file("root"), "none", Lookup::may_block).error() ==
        boost::system::errc::no_such_file_or_directory);
  CHECK(open_beneath(folder.file("none"), "a", Lookup::may_block).error() ==
        boost::system::errc::no_such_file_or_directory);
}

TEST_CASE("a path that is known already is opened without looking on the disk, and a fifo does not block") {
  const TemporaryFolder folder;
  folder.write("root/a", "inside");
  REQUIRE(::mkfifo(folder.file("root/fifo").c_str(), 0600) == 0);
  REQUIRE(open_beneath(folder.file("root"), "a", Lookup::may_block).has_value());
  CHECK(open_beneath(folder.file("root"), "a", Lookup::only_cached).has_value());
  CHECK(open_beneath(folder.file("root"), "fifo", Lookup::may_block).has_value());
}
