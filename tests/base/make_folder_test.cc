#include "base/make_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

TEST_CASE("the folder of a path is what stands before its last name") {
  CHECK(folder_of("/run/kismet/web") == "/run/kismet");
  CHECK(folder_of("/run/kismet/") == "/run");
  CHECK(folder_of("/web") == "/");
  CHECK(folder_of("/") == "/");
  CHECK(folder_of("web") == ".");
}

TEST_CASE("a folder is made with the mode that was asked for, and one that is there stays as it is") {
  const TemporaryFolder folder;
  const std::string path = folder.file("made");
  const mode_t before = ::umask(0077);
  CHECK_FALSE(make_folder(path, 0755, Owner{::geteuid(), ::getegid()}));
  ::umask(before);
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0755);
  CHECK_FALSE(make_folder(path, 0700));
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0755);
}

TEST_CASE("a folder whose own folder is missing, or whose name is a file's, is not made") {
  const TemporaryFolder folder;
  CHECK(make_folder(folder.file("a/b"), 0700) == boost::system::errc::no_such_file_or_directory);
  CHECK(make_folder(folder.write("file", ""), 0700) == boost::system::errc::not_a_directory);
}
