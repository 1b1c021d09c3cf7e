#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "server/battery.h"
#include "server/rrd.h"

namespace kismet {

/// What does not change while the daemon runs.
struct SystemInfo {
  std::string server_name{};
  std::string server_description{};
  std::string server_location{};
  std::string server_uuid{};
  std::string version{};     // "0.1.0"
  std::string git{};         // The commit that it was built from; may be empty.
  std::string build_time{};  // When; may be empty.
  std::string user{};        // Who runs it.
};

/// The name of the user that runs this process, or its number.
std::string process_user();

/// How the daemon and its machine stand: the one source of /system/status, of the STATISTICS, TIMESTAMP and BATTERY
/// events, and of the log's snapshots.
/// Thread rule: all members are safe everywhere, but add(), which comes before any other thread looks. Owned by the
/// composition root.
class SystemStatus {
 public:
  SystemStatus(SystemInfo info, const Clock& clock);

  /// A key more, whose value `read` tells; it is called on any thread, several at a time, and does not block.
  void add(std::string key, std::function<nlohmann::json()> read);

  /// Samples what has a course over time; so does status().
  void sample() const;
  /// `look` is called before each status(), on its thread, and does not block. As add(): before any other thread looks.
  void on_look(std::function<void()> look) { look_ = std::move(look); }
  void set_battery(std::optional<Battery> battery);

  /// All keys of /system/status (HTTP_API.md B2).
  nlohmann::json status() const;
  /// The same without what has a course over time.
  nlohmann::json statistics() const;
  nlohmann::json timestamp() const;
  /// Nothing if the machine has no battery.
  std::optional<nlohmann::json> battery() const;
  const SystemInfo& info() const { return info_; }

 private:
  const SystemInfo info_;
  const Clock& clock_;
  const WallTime start_;
  std::vector<std::pair<std::string, std::function<nlohmann::json()>>> added_;
  std::function<void()> look_;

  mutable std::mutex mutex_;  // Guards what follows.
  mutable Rrd memory_;
  mutable Rrd devices_;
  std::optional<Battery> battery_;
};

}  // namespace kismet
