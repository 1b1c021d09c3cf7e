#include "msgbus/message_text.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

using namespace kismet;

TEST_CASE("a message is one line of valid UTF-8, with controls made visible") {
  const auto [text, line] = GENERATE(table<std::string, std::string>({
      {"plain", "plain"},
      {"  both ends \r\n", "both ends"},
      {"two\nlines", "two lines"},
      {"two\r\nlines", "two  lines"},
      {"a\tb\vc", "a b c"},
      {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
      {std::string("nul\0!", 5), "nul\\x00!"},
      {"del\x7f", "del\\x7f"},
      {"bad \xFF\xC3 bytes", "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes"},
      {"c1 \xC2\x9B"
       "31m",
       "c1  31m"},
      {"line \xE2\x80\xA8 separator", "line   separator"},
      {"\xC2\xA0\xE2\x82\xAC", "\xC2\xA0\xE2\x82\xAC"},
      {"", ""},
      {" \n ", ""},
  }));
  CHECK(message_line(text, 100) == line);
}

TEST_CASE("a long message is cut on a character's boundary, and its end shows it") {
  CHECK(message_line(std::string(20, 'x'), 20) == std::string(20, 'x'));
  CHECK(message_line(std::string(21, 'x'), 20) == std::string(17, 'x') + "...");
  CHECK(message_line(std::string(1'000'000, 'x'), 20) == std::string(17, 'x') + "...");
  for (std::size_t before = 0; before < 8; ++before) {
    std::string text(before, 'x');
    for (int i = 0; i < 20; ++i) text += "\xF0\x9F\x98\x80";
    const std::string line = message_line(text, 20);
    CHECK(line.size() <= 20);
    CHECK(is_valid_utf8(line));
    CHECK(line.ends_with("..."));
  }
  CHECK(message_line(std::string(10, '\x01'), 20).size() <= 20);
  CHECK(message_line(std::string(100, '\x01'), 20).ends_with("..."));
  CHECK(message_line(std::string(100, '\xFF'), 20).size() <= 20);
}

TEST_CASE("a message has the keys that clients read") {
  const Message message{Severity::error, "it \"broke\"", "helper", WallTime(std::chrono::seconds(1'700'000'000)), 7, 1};
  const auto json = nlohmann::json::parse(message_json(message));
  CHECK(json["kismet.messagebus.message_string"] == "it \"broke\"");
  CHECK(json["kismet.messagebus.message_flags"] == 4);
  CHECK(json["kismet.messagebus.message_time"] == 1'700'000'000);
  CHECK(json["kismet.messagebus.message_source"] == "helper");

  const auto alert = nlohmann::json::parse(alert_json(message));
  CHECK(alert["kismet.alert.text"] == "it \"broke\"");
  CHECK(alert["kismet.alert.header"] == "helper");
  CHECK(alert["kismet.alert.timestamp"] == 1'700'000'000);
}

TEST_CASE("every severity has a name") {
  CHECK(severity_name(Severity::debug) == "DEBUG");
  CHECK(severity_name(Severity::info) == "INFO");
  CHECK(severity_name(Severity::error) == "ERROR");
  CHECK(severity_name(Severity::alert) == "ALERT");
  CHECK(severity_name(Severity::fatal) == "FATAL");
}
