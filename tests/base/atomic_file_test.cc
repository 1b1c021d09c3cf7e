#include "base/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file is replaced whole, with its mode, and nothing is left beside it") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  REQUIRE_FALSE(replace_file(path, "new", 0600));
  CHECK(folder.read("a") == "new");
  CHECK(mode_of(path) == 0600);
  CHECK(folder.entries() == 1);
}

TEST_CASE("what writers that were killed have left does not gather beside the file") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  folder.write("a.new", "hal");
  REQUIRE_FALSE(replace_file(path, "new", 0600));
  CHECK(folder.read("a") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that cannot be replaced stays as it was") {
  const TemporaryFolder folder;
  folder.write("a/b", "old");
  CHECK(replace_file(folder.file("a"), "new", 0600));
  CHECK(folder.read("a/b") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("the folder of a new file is made for its owner alone") {
  const TemporaryFolder folder;
  REQUIRE_FALSE(replace_file(folder.file("sub/a"), "new", 0600));
  CHECK(mode_of(folder.file("sub")) == 0700);
}

TEST_CASE("replacing through a symbolic link leaves the link") {
  const TemporaryFolder folder;
  folder.write("real", "old");
  REQUIRE(::symlink("real", folder.file("link").c_str()) == 0);
  REQUIRE_FALSE(replace_file(folder.file("link"), "new", 0600));
  CHECK(folder.read("real") == "new");
  CHECK(std::filesystem::is_symlink(folder.file("link")));
}

TEST_CASE("reading a whole file stops at its limit, and at what is no file") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", std::string(100'000, 'x'));
  CHECK(read_whole_file(path, 100'000)->size() == 100'000);
  CHECK(read_whole_file(path, 99'999).error() == boost::system::errc::file_too_large);
  CHECK(read_whole_file(folder.path(), 10).error() == boost::system::errc::is_a_directory);
  CHECK(read_whole_file(folder.file("none"), 10).error() == boost::system::errc::no_such_file_or_directory);
  CHECK(read_whole_file("/dev/zero", 10).error() == boost::system::errc::invalid_argument);
}

TEST_CASE("a fifo in place of a file does not hold the reader up") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo(folder.file("fifo").c_str(), 0600) == 0);
  CHECK(read_whole_file(folder.file("fifo"), 10).error() == boost::system::errc::invalid_argument);
}

TEST_CASE("two who hold the lock of a file have it one after the other") {
  const TemporaryFolder folder;
  const std::string path = folder.write("count", "0");
  const auto add_one = [&] {
    for (int i = 0; i < 50; ++i) {
      const auto lock = FileLock::acquire(path);
      if (!lock) return;
      const int count = std::stoi(*read_whole_file(path, 100));
      if (replace_file(path, std::to_string(count + 1), 0600)) return;
    }
  };
  {
    const std::jthread other(add_one);
    add_one();
  }
  CHECK(folder.read("count") == "100");
}
