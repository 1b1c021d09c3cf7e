#pragma once

#include <functional>

#include "server/config.h"

namespace kismet {

/// Runs the daemon until it is told to stop, and returns its exit code (exit_code.h). `on_ready` is called once, when
/// it listens.
int run_app(const Config& config, const std::function<void()>& on_ready = {});

}  // namespace kismet
