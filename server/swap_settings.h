#pragma once

#include <chrono>

namespace kismet {

/// How a helper's next life takes over. Each is a setting of conf/kismet.conf.
struct SwapSettings {
  std::chrono::milliseconds timeout{10'000};  // From the next life's start until it has all URIs of the old one.
  std::chrono::milliseconds drain{30'000};    // For the open requests of a life that is no longer asked; 0 = none.
};

}  // namespace kismet
