#pragma once

#include <string>

namespace kismet {

/// From here on this process, and all that it starts, is refused (EPERM) the system calls with which a program that was
/// taken over would go on: loading kernel modules, mounting, namespaces, looking into other processes, and the parts
/// of the kernel that are attacked most and used least. It is a list of what is refused, since helpers are programs of
/// any kind, and it kills nobody. Gives up set-uid programs, too. Returns why it could not be done, or an empty string.
/// There is no way back.
/// Thread rule: confines the calling thread and those that it starts: call it before there are others.
std::string filter_system_calls();

}  // namespace kismet
