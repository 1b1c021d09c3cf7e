#include "server/config_value.h"

#include <catch2/catch.hpp>
#include <random>

using namespace kismet;
using namespace std::chrono_literals;

namespace {

struct Row {
  const char* text;
  const char* shown;  // Null: refused.
};

/// What `type` makes of `text`, as it shows it; nothing if it refuses it.
template <typename T>
std::optional<std::string> read_with(const ValueType<T>& type, const std::string& text) {
  ValueContext context;
  context.expand.home = "/home/ada";
  T value{};
  const T before = value;
  const std::string wrong = type.parse(text, value, context);
  if (wrong.empty()) return type.show(value);
  CHECK(value == before);
  return std::nullopt;
}

template <typename T>
void check_rows(const ValueType<T>& type, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(type.name, row.text);
    const std::optional<std::string> expected = row.shown ? std::optional<std::string>(row.shown) : std::nullopt;
    CHECK(read_with(type, row.text) == expected);
    if (expected) CHECK(read_with(type, *expected) == expected);
  }
}

}  // namespace

TEST_CASE("a flag has a few spellings") {
  check_rows(flag(), {{"true", "true"},
                      {"YES", "true"},
                      {"on", "true"},
                      {"1", "true"},
                      {"t", "true"},
                      {"false", "false"},
                      {"No", "false"},
                      {"off", "false"},
                      {"0", "false"},
                      {"maybe", nullptr},
                      {"truee", nullptr},
                      {"2", nullptr}});
}

TEST_CASE("a number is whole and in range") {
  check_rows(number<std::uint16_t>(0, 65535), {{"0", "0"},
                                               {"65535", "65535"},
                                               {"65536", nullptr},
                                               {"-1", nullptr},
                                               {"12x", nullptr},
                                               {"1.5", nullptr},
                                               {"0x10", nullptr},
                                               {" 1", nullptr},
                                               {"99999999999999999999", nullptr},
                                               {"", nullptr}});
  check_rows(number<int>(-20, 19), {{"-20", "-20"}, {"19", "19"}, {"-21", nullptr}, {"20", nullptr}});
  check_rows(decimal(0, 1), {{"0", "0"},
                             {"0.25", "0.25"},
                             {"1", "1"},
                             {"1.1", nullptr},
                             {"nan", nullptr},
                             {"inf", nullptr},
                             {"1e0", nullptr},
                             {"-0.1", nullptr}});
}

TEST_CASE("a time is a number of its unit, or names another") {
  check_rows(duration(TimeUnit::milliseconds, 1ms, 24h), {{"1500", "1500"},
                                                          {"2s", "2000"},
                                                          {"1.5s", "1500"},
                                                          {"1 m", "60000"},
                                                          {"1min", "60000"},
                                                          {"24h", "86400000"},
                                                          {"25h", nullptr},
                                                          {"0", nullptr},
                                                          {"-1s", nullptr},
                                                          {"5 weeks", nullptr},
                                                          {"s", nullptr},
                                                          {"", nullptr}});
  check_rows(duration<std::chrono::seconds>(TimeUnit::seconds, 0ms),
             {{"7200", "7200"}, {"2h", "7200"}, {"1d", "86400"}, {"0", "0"}, {"1e9", nullptr}});
  check_rows(duration(TimeUnit::seconds, 0ms), {{"1.5", "1500ms"}});
}

TEST_CASE("a size is a number of its unit, or names another") {
  check_rows(bytes<std::size_t>(1024), {{"1024", "1k"},
                                        {"1500", "1500"},
                                        {"64k", "64k"},
                                        {"64KiB", "64k"},
                                        {"1.5M", "1536k"},
                                        {"2 GB", "2G"},
                                        {"2048b", "2k"},
                                        {"1000", nullptr},
                                        {"1T", nullptr},
                                        {"k", nullptr}});
  check_rows(bytes<std::uint64_t>(0, 1024 * kGiB, kMiB), {{"512", "512"}, {"2G", "2048"}, {"1k", "1024b"}});
}

TEST_CASE("a choice names the nearest of its words") {
  const auto type = choice<int>({{"never", 0}, {"on-failure", 1}, {"always", 2}});
  check_rows(type, {{"on-failure", "on-failure"}, {"always", "always"}});
  int value = 0;
  ValueContext context;
  CHECK(type.parse("allways", value, context) ==
        "\"allways\" is not never, on-failure or always; did you mean \"always\"?");
  CHECK(type.parse("x", value, context) == "\"x\" is not never, on-failure or always");
}

TEST_CASE("addresses, words, UUIDs and paths are checked for their shape") {
  check_rows(ip_address(), {{"127.0.0.1", "127.0.0.1"},
                            {"::1", "::1"},
                            {"0:0::1", "::1"},
                            {"localhost", nullptr},
                            {"127.0.0.1:80", nullptr},
                            {"1.2.3", nullptr}});
  check_rows(word_value(),
             {{"a-B_1.py", "a-B_1.py"}, {"a b", nullptr}, {"a/b", nullptr}, {"\xc3\xa9", nullptr}, {"", nullptr}});
  check_rows(uuid_value(), {{"7f9c24e8-3b12-4b3f-9d2a-0123456789ab", "7f9c24e8-3b12-4b3f-9d2a-0123456789ab"},
                            {"7f9c24e8-3b12-4b3f-9d2a-0123456789a", nullptr},
                            {"7f9c24e83b12-4b3f-9d2a-0123456789ab-", nullptr}});
  check_rows(path_value(), {{"%h/x", "/home/ada/x"}});
}

TEST_CASE("a pair that stands for nothing draws a warning") {
  ValueContext context;
  std::string path;
  CHECK(path_value().parse("/a%zb", path, context).empty());
  CHECK(path == "/ab");
  CHECK(context.warning == "%z stands for nothing and is left out");
}

TEST_CASE("an unset value shows nothing") {
  const auto type = optional_value(number<int>(-20, 19));
  CHECK(type.show(std::nullopt).empty());
  check_rows(type, {{"5", "5"}, {"x", nullptr}});
}

TEST_CASE("random text never becomes a value that is out of range") {
  std::mt19937 random(11);
  const std::string alphabet = "0123456789.eExX+-kKmMgGsShHdD infa\xff";
  const auto time = duration(TimeUnit::milliseconds, 10ms, 1h);
  const auto size = bytes<std::size_t>(10, kMiB);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 8; i > 0; --i) text += alphabet[random() % alphabet.size()];
    ValueContext context;
    std::chrono::milliseconds when{10};
    std::size_t bytes_read = 10;
    int whole = 0;
    time.parse(text, when, context);
    size.parse(text, bytes_read, context);
    number<int>(-5, 5).parse(text, whole, context);
    REQUIRE((when >= 10ms && when <= 1h));
    REQUIRE((bytes_read >= 10 && bytes_read <= kMiB));
    REQUIRE((whole >= -5 && whole <= 5));
  }
}
