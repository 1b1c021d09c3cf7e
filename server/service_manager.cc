#include "server/service_manager.h"

#include <systemd/sd-daemon.h>

#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>

namespace kismet {

namespace {

/// Tells the service manager that all is well once the last loop has let go of it.
struct Beat {
  Beat() = default;
  ~Beat() { ::sd_notify(0, "WATCHDOG=1"); }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;
};

std::string monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

ServiceManager::ServiceManager(Loops& loops) : loops_(loops), next_(loops.first().deadlines(), [this] { beat(); }) {
  std::uint64_t limit = 0;
  if (::sd_watchdog_enabled(0, &limit) > 0) interval_ = std::chrono::microseconds(limit / 2);
}

void ServiceManager::ready(const std::string& status) {
  ::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
  if (interval_.count() > 0) beat();
}

void ServiceManager::reloading() {
  ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + monotonic_now()).c_str());
}

void ServiceManager::stopping() {
  next_.clear();
  ::sd_notify(0, "STOPPING=1");
}

void ServiceManager::beat() {
  const auto beat = std::make_shared<Beat>();
  for (std::size_t i = 0; i < loops_.size(); ++i) net::post(loops_.at(i).get_executor(), [beat] {});
  next_.set(interval_);
}

}  // namespace kismet
