#include "server/system_status.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>

namespace kismet {

namespace {

using Json = nlohmann::json;

std::int64_t rss_kib() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  statm >> pages >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

Json timestamp_json(WallTime now) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return {{"kismet.system.timestamp.sec", microseconds / 1'000'000},
          {"kismet.system.timestamp.usec", microseconds % 1'000'000}};
}

std::int64_t whole_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string process_user() {
  std::array<char, 16 * 1024> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(getuid());
}

SystemStatus::SystemStatus(SystemInfo info, const Clock& clock)
    : info_(std::move(info)), clock_(clock), start_(clock.wall_now()) {}

void SystemStatus::add(std::string key, std::function<Json()> read) {
  added_.emplace_back(std::move(key), std::move(read));
}

void SystemStatus::sample() const {
  const std::int64_t now = whole_seconds(clock_.wall_now());
  const auto memory = static_cast<double>(rss_kib());
  const std::lock_guard lock(mutex_);
  memory_.add(now, memory);
  devices_.add(now, 0);
}

void SystemStatus::set_battery(std::optional<Battery> battery) {
  const std::lock_guard lock(mutex_);
  battery_ = std::move(battery);
}

Json SystemStatus::timestamp() const {
  return timestamp_json(clock_.wall_now());
}

std::optional<Json> SystemStatus::battery() const {
  const std::lock_guard lock(mutex_);
  if (!battery_) return std::nullopt;
  return battery_json(battery_);
}

Json SystemStatus::statistics() const {
  Json all = timestamp_json(clock_.wall_now());
  all["kismet.system.timestamp.start_sec"] = whole_seconds(start_);
  all["kismet.system.memory.rss"] = rss_kib();
  all["kismet.system.devices.count"] = 0;
  all["kismet.system.num_http_connections"] = 0;
  all["kismet.system.num_fields"] = 0;
  all["kismet.system.num_components"] = 0;
  all["kismet.system.string_cache_size"] = 0;
  for (const auto& [key, read] : added_) all[key] = read();
  const std::lock_guard lock(mutex_);
  all.update(battery_json(battery_));
  return all;
}

Json SystemStatus::status() const {
  if (look_) look_();
  sample();
  Json all = statistics();
  all.update({{"kismet.system.server_name", info_.server_name},
              {"kismet.system.server_description", info_.server_description},
              {"kismet.system.server_location", info_.server_location},
              {"kismet.server.uuid", info_.server_uuid},
              {"kismet.system.version", info_.version},
              {"kismet.system.git", info_.git},
              {"kismet.system.build_time", info_.build_time},
              {"kismet.system.user", info_.user},
              {"kismet.system.sensors.fan", Json::object()},
              {"kismet.system.sensors.temp", Json::object()}});
  const std::lock_guard lock(mutex_);
  all["kismet.system.memory.rrd"] = memory_.to_json();
  all["kismet.system.devices.rrd"] = devices_.to_json();
  return all;
}

}  // namespace kismet
