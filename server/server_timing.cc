#include "server/server_timing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace kismet {

namespace {

/// Milliseconds with three places behind the point.
void append_milliseconds(std::string& text, std::chrono::nanoseconds time) {
  const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)) / 1000;
  const auto rest = static_cast<unsigned>(microseconds % 1000);
  std::array<char, 24> number;
  char* const point = std::to_chars(number.begin(), number.end() - 4, microseconds / 1000).ptr;
  point[0] = '.';
  point[1] = static_cast<char>('0' + rest / 100);
  point[2] = static_cast<char>('0' + rest / 10 % 10);
  point[3] = static_cast<char>('0' + rest % 10);
  text.append(number.begin(), point + 4);
}

}  // namespace

std::string server_timing(std::chrono::nanoseconds queue, std::chrono::nanoseconds helper) {
  std::string text;
  text.reserve(64);
  text += "queue;dur=";
  append_milliseconds(text, queue);
  text += ", helper;dur=";
  append_milliseconds(text, helper);
  return text;
}

}  // namespace kismet
