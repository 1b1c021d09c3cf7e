#include "external/helper_lookup.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

using namespace kismet;
namespace fs = std::filesystem;

namespace {

std::string make_file(const fs::path& path, fs::perms perms) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "#!/bin/sh\n";
  fs::permissions(path, perms);
  return path.string();
}

}  // namespace

TEST_CASE("a program is found in the first folder that holds an executable file of its name") {
  const testing::TemporaryFolder folder;
  const fs::path root(folder.path());
  make_file(root / "a/helper", fs::perms::owner_read);
  fs::create_directories(root / "b/helper");
  const std::string third = make_file(root / "c/helper", fs::perms::owner_all);
  make_file(root / "d/helper", fs::perms::owner_all);
  const std::vector<std::string> path{root / "nowhere", root / "a", root / "b", root / "c", root / "d"};
  const auto found = find_program("helper", path);
  REQUIRE(found.has_value());
  CHECK(*found == third);
}

TEST_CASE("a program that is not found names every path with the reason against it") {
  const testing::TemporaryFolder folder;
  const fs::path root(folder.path());
  const std::string plain = make_file(root / "a/helper", fs::perms::owner_read);
  fs::create_directories(root / "b/helper");
  const std::vector<std::string> path{root / "nowhere", root / "a", root / "b"};
  const auto found = find_program("helper", path);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().text() == "\"helper\" cannot be run: " + (root / "nowhere/helper").string() + ": no such file; " +
                                    plain + ": not executable; " + (root / "b/helper").string() + ": is a directory");
}

TEST_CASE("an absolute path is taken as it is") {
  const testing::TemporaryFolder folder;
  const std::string program = make_file(folder.file("helper"), fs::perms::owner_all);
  const std::vector<std::string> path{"/nowhere"};
  const auto found = find_program(program, path);
  REQUIRE(found.has_value());
  CHECK(*found == program);
  CHECK(find_program("/nowhere/helper", path).error().text() ==
        "\"/nowhere/helper\" cannot be run: /nowhere/helper: no such file");
}

TEST_CASE("a name with a slash, an empty name and an empty search path are each refused for what they are") {
  const std::vector<std::string> path{"/bin"};
  CHECK(find_program("../bin/sh", path).error().text() ==
        "\"../bin/sh\": neither a file name without / nor an absolute path");
  CHECK(find_program("", path).error().text() == "no program is named");
  CHECK(find_program("sh", {}).error().text() == "\"sh\": no folder to look in (helper_binary_path is empty)");
}

TEST_CASE("a relative folder gives an absolute path, because the helper may work elsewhere") {
  const std::vector<std::string> path{"."};
  const auto found = find_program("no-such-helper", path);
  REQUIRE(found.has_error());
  REQUIRE(found.error().tried.size() == 1);
  CHECK(found.error().tried.front().path.starts_with('/'));
}
