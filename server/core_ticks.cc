#include "server/core_ticks.h"

#include "server/serializers.h"

namespace kismet {

CoreTicks::CoreTicks(Loop& loop, Worker& worker, EventBus& events, MessageBus& messages,
                     const std::shared_ptr<SystemStatus>& status, const CoreTickSettings& settings)
    : loop_(loop),
      worker_(worker),
      events_(events),
      messages_(messages),
      status_(status),
      settings_(settings),
      timer_(loop.deadlines(), [this] { tick(); }) {}

void CoreTicks::start() {
  tick();
}

void CoreTicks::tick() {
  set_timer();
  // What a slow power controller answers is shown a round later.
  worker_.post(
      [status = status_, supplies = settings_.power_supplies] { status->set_battery(read_battery(supplies)); });
  status_->sample();
  messages_.tick();
  events_.publish("TIMESTAMP", json_line(status_->timestamp()));
  events_.publish("STATISTICS", json_line(status_->statistics()));
  if (const auto battery = status_->battery()) events_.publish("BATTERY", json_line(*battery));
}

void CoreTicks::set_timer() {
  const auto past = loop_.clock().wall_now().time_since_epoch() % settings_.interval;
  timer_.set(settings_.interval - past);
}

}  // namespace kismet
