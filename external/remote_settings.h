#pragma once

#include <chrono>
#include <cstddef>

namespace kismet {

/// Limits on helpers that connect by themselves. Each is a setting of conf/kismet.conf.
struct RemoteSettings {
  std::chrono::milliseconds identify_timeout{5'000};  // From the connection to the whole first frame.
  std::size_t unidentified = 16;                      // Connections that may be without a first frame at a time.
  std::size_t hello_limit = 16 * 1024;                // Bytes of the first frame, header included.
  std::size_t refusals_a_second = 5;  // Refused connections that are told on the message bus; the rest are counted.
  std::chrono::milliseconds check_timeout{2'000};  // For a PONG, when a second connection has a live one's name.
  std::chrono::milliseconds linger{1'000};         // For a refused one to read why.
};

}  // namespace kismet
