#include "base/utf8.h"

#include <catch2/catch.hpp>
#include <cstdint>

using namespace kismet;

namespace {

const std::string kBad = "\xEF\xBF\xBD";

std::string encode(std::uint32_t c) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  const auto tail = [&](std::uint32_t shift) { return byte(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {byte(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {byte(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("every Unicode character is valid UTF-8, and no surrogate or number past the last is") {
  std::size_t wrong = 0;
  for (std::uint32_t c = 0; c < 0x110400; ++c) {
    const bool expected = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
    if (is_valid_utf8("padding " + encode(c)) != expected) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("valid text of any length and alignment stays as it is") {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string text = std::string(before, 'a') + "\xC3\xA9" + std::string(after, 'b');
      CHECK(is_valid_utf8(text));
      CHECK(to_valid_utf8(text) == text);
    }
  }
  CHECK(to_valid_utf8("").empty());
  CHECK(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("each ill-formed part becomes one replacement character, and what follows it survives") {
  const auto [name, bytes, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"stray continuation", "a\x80z", "a" + kBad + "z"},
      {"overlong slash", "\xC0\xAF", kBad + kBad},
      {"overlong in three", "\xE0\x80\x80", kBad + kBad + kBad},
      {"surrogate", "\xED\xA0\x80", kBad + kBad + kBad},
      {"past the last", "\xF4\x90\x80\x80", kBad + kBad + kBad + kBad},
      {"no lead byte", "\xFE\xFF", kBad + kBad},
      {"cut in the middle",
       "\xE2\x82"
       "a",
       kBad + "a"},
      {"cut at the end", "\xF0\x9F\x98", kBad},
      {"lead before lead", "\xC3\xC3\xA9", kBad + "\xC3\xA9"},
      {"Latin-1 text", "caf\xE9 noir", "caf" + kBad + " noir"},
  }));
  CAPTURE(name);
  CHECK_FALSE(is_valid_utf8(bytes));
  CHECK(to_valid_utf8(bytes) == expected);
  CHECK(is_valid_utf8(to_valid_utf8(bytes)));
}

TEST_CASE("any two bytes are made valid") {
  std::size_t wrong = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {'x', static_cast<char>(first), static_cast<char>(second)};
      const std::string made = to_valid_utf8(text);
      if (!is_valid_utf8(made) || (is_valid_utf8(text) && made != text)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a prefix never ends inside a character") {
  const std::string text =
      "a\xE2\x82\xAC"
      "b";
  CHECK(utf8_prefix(text, 0).empty());
  CHECK(utf8_prefix(text, 1) == "a");
  CHECK(utf8_prefix(text, 2) == "a");
  CHECK(utf8_prefix(text, 3) == "a");
  CHECK(utf8_prefix(text, 4) == "a\xE2\x82\xAC");
  CHECK(utf8_prefix(text, 5) == text);
  CHECK(utf8_prefix(text, 100) == text);
}
