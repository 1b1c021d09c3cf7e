#pragma once

#include <cstdint>
#include <string>

namespace kismet {

/// What `kismet ctl` was asked to do.
struct CtlRequest {
  enum class Verb : std::uint8_t {
    status,
    helpers,
    helper,
    start,
    stop,
    restart,
    reload,
    cancel,
    log,
    messages,
    routes,
    events,
    wire,
    top
  };
  Verb verb = Verb::status;
  std::string socket;        // Of the daemon; empty: as its configuration says.
  bool json = false;         // For programs: what the daemon answers, as it is.
  std::string helper;        // helper, start, stop, restart, cancel, log, wire; reload: may be empty.
  std::uint32_t req_id = 0;  // cancel
  bool follow = false;       // log, messages
  std::string topics = "*";  // events
  std::string commands;      // wire; empty: all.
  std::string direction;     // wire; empty: both.
  std::string record;        // wire: file to write.
};

/// How `kismet ctl` ends, for scripts.
enum class CtlExit : int {
  ok = 0,         // Done.
  usage = 1,      // Wrong usage, or a configuration that cannot be read.
  no_daemon = 2,  // The daemon does not run, or is somebody else's.
  refused = 3,    // The daemon said no: no such helper, no such request; or the connection was lost.
};

}  // namespace kismet
