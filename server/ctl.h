#pragma once

#include <iosfwd>

#include "server/ctl_request.h"

namespace kismet {

/// `kismet ctl`: asks the running daemon over the control socket `socket` and prints what it says. Returns the exit
/// code. `terminal`: `out` is one, of people; else tables are plain and `top` is printed once.
int ctl_command(const CtlRequest& request, const std::string& socket, bool terminal, std::ostream& out,
                std::ostream& err);

}  // namespace kismet
