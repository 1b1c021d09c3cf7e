#include "external/output_lines.h"

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

using Lines = std::vector<std::string>;

Lines split(std::string_view text, std::size_t limit, std::size_t piece) {
  Lines lines;
  LineSplitter splitter(limit, [&](std::string_view line) { lines.emplace_back(line); });
  for (std::size_t at = 0; at < text.size(); at += piece) splitter.feed(text.substr(at, piece));
  splitter.finish();
  return lines;
}

}  // namespace

TEST_CASE("lines are the same however the bytes come, with and without a last line end") {
  const auto piece = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{100});
  CHECK(split("one\ntwo\r\n\nthree", 10, piece) == Lines{"one", "two", "", "three"});
  CHECK(split("one\n", 10, piece) == Lines{"one"});
  CHECK(split("", 10, piece).empty());
}

TEST_CASE("a line over the limit is cut, and the next one is whole again") {
  const auto piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{100});
  CHECK(split("0123456789abcdef\nnext\n", 10, piece) == Lines{"0123456789 [6 bytes cut]", "next"});
  CHECK(split("0123456789abcdef", 10, piece) == Lines{"0123456789 [6 bytes cut]"});
  CHECK(split("0123456789\n", 10, piece) == Lines{"0123456789"});
}

TEST_CASE("lines over the budget of a second are counted and reported once") {
  ManualClock clock;
  Lines said;
  OutputSettings settings;
  settings.lines_a_second = 2;
  OutputLog log(clock, settings, [&](std::string_view text) { said.emplace_back(text); });
  for (const char* line : {"a", "b", "cc", "dd"}) log.add(line);
  CHECK(said == Lines{"a", "b"});
  CHECK(log.suppressing());
  clock.advance(std::chrono::seconds(1));
  log.add("e");
  CHECK(said == Lines{"a", "b", "[2 lines, 4 bytes of output suppressed]", "e"});
  log.flush();
  CHECK(said.size() == 4);
  CHECK(log.suppressed() == 2);
}

TEST_CASE("bytes over the budget of a second are suppressed as well") {
  ManualClock clock;
  Lines said;
  OutputSettings settings;
  settings.bytes_a_second = 10;
  OutputLog log(clock, settings, [&](std::string_view text) { said.emplace_back(text); });
  log.add("12345678");
  log.add("12345678");
  log.flush();
  CHECK(said == Lines{"12345678", "[1 lines, 8 bytes of output suppressed]"});
}

TEST_CASE("the last lines are kept, suppressed ones too, and empty lines are not said") {
  ManualClock clock;
  Lines said;
  OutputSettings settings;
  settings.lines_a_second = 1;
  settings.kept_lines = 3;
  OutputLog log(clock, settings, [&](std::string_view text) { said.emplace_back(text); });
  for (const char* line : {"a", "b", "", "d"}) log.add(line);
  CHECK(Lines(log.last().begin(), log.last().end()) == Lines{"b", "", "d"});
  CHECK(said == Lines{"a"});
  CHECK(log.lines() == 4);
}
