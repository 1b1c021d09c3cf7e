#include "server/core_ticks.h"

#include <boost/asio/post.hpp>

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
      timer_(loop.deadlines(), [this] { tick(); }) {
  status_->on_look([this] { look_at_battery(); });
}

CoreTicks::~CoreTicks() {
  stop();
  status_->on_look(nullptr);
}

void CoreTicks::start() {
  running_ = true;
  look_at_battery();
  auto wake = [this] { net::post(loop_.get_executor(), [this] { go_on(); }); };
  events_.on_subscribe(wake);
  messages_.on_untold(wake);
  go_on();
}

void CoreTicks::stop() {
  running_ = false;
  timer_.clear();
  events_.on_subscribe(nullptr);
  messages_.on_untold(nullptr);
}

void CoreTicks::go_on() {
  if (!running_ || timer_.is_set()) return;
  const auto past = loop_.clock().wall_now().time_since_epoch() % settings_.interval;
  timer_.set(settings_.interval - past);
}

void CoreTicks::tick() {
  const bool time = events_.has_subscribers("TIMESTAMP");
  const bool statistics = events_.has_subscribers("STATISTICS");
  const bool battery = events_.has_subscribers("BATTERY");
  const bool heard = time || statistics || battery;
  if (heard) status_->sample();
  if (statistics || battery) look_at_battery();
  const bool untold = messages_.tick();
  if (time) events_.publish("TIMESTAMP", json_line(status_->timestamp()));
  if (statistics) events_.publish("STATISTICS", json_line(status_->statistics()));
  if (const auto level = status_->battery(); battery && level) events_.publish("BATTERY", json_line(*level));
  if (heard || untold) go_on();
}

/// What a slow power controller answers is shown a round, or a look, later.
void CoreTicks::look_at_battery() {
  const SteadyTime now = loop_.clock().now();
  const SteadyTime last = battery_read_;
  if (last != SteadyTime::min() && now - last < settings_.interval / 2) return;
  battery_read_ = now;
  worker_.post(
      [status = status_, supplies = settings_.power_supplies] { status->set_battery(read_battery(supplies)); });
}

}  // namespace kismet
