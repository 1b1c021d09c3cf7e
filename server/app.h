#pragma once

#include <functional>

#include "server/config.h"
#include "server/startup.h"

namespace kismet {

/// Runs the daemon until it is told to stop, and returns its exit code (exit_code.h). `startup` must be without error.
/// `on_ready` is called once, when it listens.
int run_app(const Config& config, Startup& startup, const std::function<void()>& on_ready = {});

}  // namespace kismet
