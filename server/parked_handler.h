#pragma once

#include "httpd/handler.h"

namespace kismet {

/// Answers for a helper that is restarting: 503 with Retry-After (WIRE.md A7).
/// Thread rule: handle() on any loop. Shared by the routes of all helpers that are away.
class ParkedHandler final : public Handler {
 public:
  Task<void> handle(const Request& request, ResponseWriter& out) override;
};

}  // namespace kismet
