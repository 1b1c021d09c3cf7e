#pragma once

#include <deque>
#include <string>

#include "external/child_process.h"
#include "external/helper_definition.h"
#include "external/spawn.h"

namespace kismet {

/// What to do about a program that could not be started: a known cause with its remedy, or empty.
std::string spawn_hint(const SpawnError& error, const Launch& launch);

/// The same for one that ended: known from its last output lines, or from how it ended.
std::string exit_hint(const ExitStatus& status, const std::deque<std::string>& output, const ProcessLimits& limits);

}  // namespace kismet
