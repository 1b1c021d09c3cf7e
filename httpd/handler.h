#pragma once

#include "base/async.h"

namespace kismet {

struct Request;
class ResponseWriter;

/// What answers a route. One object serves many requests at a time.
/// Thread rule: handle() runs on the connection's loop. Shared by the route table and the requests in progress.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers `request` through `out`; both outlive the task. One that returns without having answered is answered 500.
  virtual Task<void> handle(const Request& request, ResponseWriter& out) = 0;
};

}  // namespace kismet
