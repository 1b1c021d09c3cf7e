#pragma once

#include <functional>

#include "base/loop.h"
#include "external/spawn.h"

namespace kismet {

/// How a supervisor starts programs: a coroutine on `here` that returns once the program runs or could not be started.
using SpawnFunction = std::function<Task<SpawnResult>(Loop& here, Launch launch)>;

/// Starts programs by `start` on `first`, whose thread lives as long as the daemon (spawn.h), for supervisors on any
/// loop. What it throws is thrown at who waits for it.
SpawnFunction spawn_on(Loop& first, std::function<SpawnResult(const Launch&)> start = spawn);

}  // namespace kismet
