#include "base/file_watch.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/loop.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

struct Watched {
  /// Runs the loop until `count` calls came, or nothing has come for so long that nothing will.
  int calls_after(int count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(count > 0 ? 20 : 0);
    loop.context().restart();
    loop.context().poll();
    while (calls < count && std::chrono::steady_clock::now() < deadline) loop.context().run_one_until(deadline);
    return std::exchange(calls, 0);
  }

  Clock clock;
  Loop loop{clock};
  TemporaryFolder folder;
  int calls = 0;
  FileWatch watch{loop.get_executor(), [this] { ++calls; }};
};

}  // namespace

TEST_CASE("a file that is made, written or replaced is told, once for all that happened meanwhile") {
  Watched watched;
  REQUIRE_FALSE(watched.watch.add(watched.folder.file("a")));
  watched.folder.write("a", "made");
  CHECK(watched.calls_after(1) == 1);
  REQUIRE_FALSE(replace_file(watched.folder.file("a"), "replaced", 0600));
  watched.folder.write("a", "written");
  CHECK(watched.calls_after(1) == 1);
}

TEST_CASE("other files of the folder are not told") {
  Watched watched;
  REQUIRE_FALSE(watched.watch.add(watched.folder.file("a")));
  REQUIRE_FALSE(watched.watch.add(watched.folder.file("b")));
  watched.folder.write("c", "");
  watched.folder.write("aa", "");
  CHECK(watched.calls_after(0) == 0);
  watched.folder.write("b", "");
  CHECK(watched.calls_after(1) == 1);
}

TEST_CASE("watching a file in no folder is an error") {
  Watched watched;
  CHECK(watched.watch.add(watched.folder.file("none/a")) == boost::system::errc::no_such_file_or_directory);
}

TEST_CASE("a watch that is destroyed calls no more, even from its own call") {
  const Clock clock;
  Loop loop(clock);
  const TemporaryFolder folder;
  int calls = 0;
  std::unique_ptr<FileWatch> watch;
  watch = std::make_unique<FileWatch>(loop.get_executor(), [&] {
    ++calls;
    watch.reset();
  });
  REQUIRE_FALSE(watch->add(folder.file("a")));
  folder.write("a", "1");
  loop.context().run();
  folder.write("a", "2");
  loop.context().restart();
  loop.context().run();
  CHECK(calls == 1);
}
