#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/deadlines.h"
#include "base/loop.h"
#include "base/worker.h"
#include "eventbus/event_bus.h"
#include "msgbus/message_bus.h"
#include "server/system_status.h"

namespace kismet {

struct CoreTickSettings {
  std::chrono::milliseconds interval{1'000};               // Between two rounds.
  std::string power_supplies = "/sys/class/power_supply";  // Where the kernel shows batteries.
};

/// What the daemon does once a second for those who listen: publishes TIMESTAMP, STATISTICS and (where there is a
/// battery) BATTERY, and lets the message bus tell what repeated. Rounds begin on whole seconds of the wall clock;
/// there are none while nobody hears them and nothing has repeated, so that a daemon at rest sleeps. Thread rule: all
/// members run on `loop`. Owned by the composition root; dies before what it refers to.
class CoreTicks {
 public:
  CoreTicks(Loop& loop, Worker& worker, EventBus& events, MessageBus& messages,
            const std::shared_ptr<SystemStatus>& status, const CoreTickSettings& settings = {});
  ~CoreTicks();

  void start();
  void stop();

 private:
  void tick();
  void go_on();
  void look_at_battery();

  Loop& loop_;
  Worker& worker_;
  EventBus& events_;
  MessageBus& messages_;
  const std::shared_ptr<SystemStatus> status_;
  const CoreTickSettings settings_;
  bool running_ = false;
  Deadline timer_;
  std::atomic<SteadyTime> battery_read_{SteadyTime::min()};  // When it was last asked for, on any thread.
};

}  // namespace kismet
