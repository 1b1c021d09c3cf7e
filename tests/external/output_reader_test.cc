#include "external/output_reader.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <catch2/catch.hpp>

#include "base/task_group.h"

using namespace kismet;

namespace {

/// A reader at the end of a pipe, on a loop with a clock that stands.
struct Fixture {
  explicit Fixture(std::size_t read_limit) {
    settings.read_limit = read_limit;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    write.reset(ends[1]);
    read_end = ends[0];
    reader = std::make_unique<OutputReader>(loop, UniqueFd(ends[0]), settings,
                                            [this](std::string_view line) { lines.emplace_back(line); });
    tasks.spawn("reader", reader->run());
  }

  void says(std::string_view text) {
    REQUIRE(::write(write.get(), text.data(), text.size()) == static_cast<::ssize_t>(text.size()));
    poll();
  }
  void poll() {
    loop.context().restart();
    loop.context().poll();
  }
  void pass_a_second() {
    clock.advance(std::chrono::seconds(1));
    loop.deadlines().sweep();
    poll();
  }
  int unread() const {
    int count = 0;
    ::ioctl(read_end, FIONREAD, &count);
    return count;
  }

  ManualClock clock;
  Loop loop{clock};
  OutputSettings settings;
  UniqueFd write;
  int read_end = -1;
  std::vector<std::string> lines;
  std::unique_ptr<OutputReader> reader;
  TaskGroup tasks{loop.get_executor(), {}};
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("output is read as lines until its end, the last one without a line end too") {
  Fixture helper(1000);
  helper.says("one\ntw");
  helper.says("o\nthree");
  CHECK(helper.lines == Lines{"one", "two"});
  helper.write.reset();
  helper.poll();
  CHECK(helper.lines == Lines{"one", "two", "three"});
  CHECK(helper.tasks.running() == 0);
}

TEST_CASE("output over the limit of a second stays in its pipe until the second is over") {
  Fixture helper(10);
  helper.says("0123456789\n");
  helper.says("next\n");
  CHECK(helper.lines == Lines{"0123456789"});
  CHECK(helper.unread() == 5);
  helper.pass_a_second();
  CHECK(helper.lines == Lines{"0123456789", "next"});
  CHECK(helper.unread() == 0);
}

TEST_CASE("a reader that rests, or waits, ends when it is closed") {
  const auto limit = GENERATE(std::size_t{1}, std::size_t{1000});
  Fixture helper(limit);
  helper.says("begun");
  CHECK(helper.tasks.running() == 1);
  helper.reader->close();
  helper.poll();
  CHECK(helper.tasks.running() == 0);
  CHECK(helper.lines == Lines{"begun"});
}
