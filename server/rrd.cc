#include "server/rrd.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kismet {

namespace {

constexpr std::int64_t kDay = 24 * 3600;

/// Empties the slots of the ring that lie between two moments, the later one's included.
template <std::size_t N>
void pass(std::array<double, N>& ring, std::int64_t from, std::int64_t to) {
  const auto slots = std::min<std::int64_t>(to - from, static_cast<std::int64_t>(N));
  for (std::int64_t i = 0; i < slots; ++i) ring[static_cast<std::size_t>(to - i) % N] = 0;
}

}  // namespace

void Rrd::add(std::int64_t second, double value) {
  if (second <= 0 || second < last_) return;
  if (last_ > 0) {
    for (std::int64_t between = std::max(last_ + 1, second - kDay); between < second; ++between) put(between, value_);
  }
  put(second, value);
}

void Rrd::put(std::int64_t second, double value) {
  const std::int64_t minute = second / 60;
  const std::int64_t hour = second / 3600;
  pass(minute_, last_, second);
  pass(hour_, last_ / 60, minute);
  pass(day_, last_ / 3600, hour);
  if (minute != last_ / 60) this_minute_ = {};
  if (hour != last_ / 3600) this_hour_ = {};
  last_ = second;
  value_ = value;
  minute_[static_cast<std::size_t>(second) % minute_.size()] = value;
  hour_[static_cast<std::size_t>(minute) % hour_.size()] = this_minute_.add(value);
  day_[static_cast<std::size_t>(hour) % day_.size()] = this_hour_.add(value);
}

nlohmann::json Rrd::to_json() const {
  return {{"kismet.common.rrd.minute_vec", minute_},
          {"kismet.common.rrd.hour_vec", hour_},
          {"kismet.common.rrd.day_vec", day_},
          {"kismet.common.rrd.last_time", last_},
          {"kismet.common.rrd.serial_time", last_}};
}

}  // namespace kismet
