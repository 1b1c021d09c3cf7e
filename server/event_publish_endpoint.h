#pragma once

#include "eventbus/event_bus.h"
#include "httpd/handler.h"

namespace kismet {

/// POST /eventbus/publish.cmd: publishes {"topic": ..., "content": any JSON} as a helper would, and answers {"id",
/// "seq"}. Thread rule: as Handler. `events` outlives the handler.
class EventPublishEndpoint final : public Handler {
 public:
  explicit EventPublishEndpoint(EventBus& events) : events_(events) {}
  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  EventBus& events_;
};

}  // namespace kismet
