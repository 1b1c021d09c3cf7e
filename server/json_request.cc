#include "server/json_request.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace kismet {

namespace {

using Json = nlohmann::json;

/// How deep arrays and objects nest in `text`, if it is JSON; cheap, and without recursion.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

std::optional<Json> parse_json(std::string_view text, std::size_t max_depth) {
  if (depth_of(text) > max_depth) return std::nullopt;
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::optional<Json> json_of(const Request& request) {
  const std::size_t first = request.body.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (request.body[first] == '{' || request.body[first] == '[')) {
    return parse_json(request.body);
  }
  for (const auto& [name, value] : request.variables()) {
    if (name == "json") return parse_json(value);
  }
  return Json::object();
}

std::optional<WallTime> parse_timestamp(std::string_view text, WallTime now) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds)) return std::nullopt;
  if (std::abs(seconds) > 9e9) return std::nullopt;  // The clock's own range ends in the year 2262.
  // A double holds microseconds of our time, but not more: what it shows of them is noise.
  const std::chrono::microseconds since(std::llround(std::abs(seconds) * 1e6));
  return std::signbit(seconds) && seconds != 0 ? now - since : WallTime(since);
}

double seconds_of(WallTime time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1e6;
}

}  // namespace kismet
