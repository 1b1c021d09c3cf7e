#include "server/server_timing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace kismet {

namespace {

void append_milliseconds(std::string& text, std::chrono::nanoseconds time) {
  const std::int64_t microseconds =
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count(), 0);
  std::array<char, 20> whole;
  const auto [end, error] = std::to_chars(whole.begin(), whole.end(), microseconds / 1000);
  text.append(whole.begin(), end) += '.';
  for (const std::int64_t unit : {100, 10, 1}) text += static_cast<char>('0' + microseconds / unit % 10);
}

}  // namespace

std::string server_timing(std::chrono::nanoseconds queue, std::chrono::nanoseconds helper) {
  std::string text = "queue;dur=";
  append_milliseconds(text, queue);
  text += ", helper;dur=";
  append_milliseconds(text, helper);
  return text;
}

}  // namespace kismet
