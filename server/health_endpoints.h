#pragma once

#include <vector>

#include "base/loop.h"
#include "httpd/authenticator.h"
#include "httpd/router.h"
#include "server/helper_control.h"

namespace kismet {

/// What the pages about the daemon's health are made of; outlives their handlers.
struct HealthPages {
  Loop& home;  // The loop of `helpers`.
  HelperControl& helpers;
  Authenticator& authenticator;
};

/// Whether `helper` is to become ready, and has not been yet. One that need not speak, and does not, is none.
bool is_awaited(const HelperView& helper);

/// /system/health: 200 while the daemon answers at all. /system/ready: 200, or 503 while a helper is awaited; who they
/// are is said to those who may read it. Both ask no login.
/// Thread rule: as Handler.
std::vector<Route> health_routes(const HealthPages& pages);

}  // namespace kismet
