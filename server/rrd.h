#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace kismet {

/// The course of a value over the last minute, hour and day, in slots of a second, a minute and an hour: rings whose
/// index is the time's, as clients that draw them expect.
/// Thread rule: one thread at a time. A value: copy it freely.
class Rrd {
 public:
  /// The value at `second` (since 1970). It is taken to have stayed as it was in the seconds before that have no
  /// sample, up to a day of them. Samples earlier than the last are ignored.
  void add(std::int64_t second, double value);
  /// {"kismet.common.rrd.minute_vec": [...], ".hour_vec", ".day_vec", ".last_time", ".serial_time"}.
  nlohmann::json to_json() const;

 private:
  struct Mean {
    double sum = 0;
    std::int64_t count = 0;
    double add(double value) { return (sum += value) / static_cast<double>(++count); }
  };

  void put(std::int64_t second, double value);

  std::array<double, 60> minute_{};
  std::array<double, 60> hour_{};
  std::array<double, 24> day_{};
  Mean this_minute_;
  Mean this_hour_;
  std::int64_t last_ = 0;  // 0: no sample yet.
  double value_ = 0;       // Of the last sample.
};

}  // namespace kismet
