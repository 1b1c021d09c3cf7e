#pragma once

#include "server/ctl_request.h"

namespace CLI {
class App;
}

namespace kismet {

/// Adds `ctl` with its verbs to `app`; parsing writes to `request`, which outlives `app`. Returns the sub-command.
CLI::App* add_ctl(CLI::App& app, CtlRequest& request);

}  // namespace kismet
