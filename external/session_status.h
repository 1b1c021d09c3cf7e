#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "external/messages.h"

namespace kismet {

/// What a helper hears of the event bus, and what waits on the way to it and from it.
struct SessionStatus {
  std::vector<std::string> topics;
  std::uint64_t events_delivered = 0;
  std::uint64_t events_dropped = 0;
  std::size_t events_lag = 0;  // Events that wait for it.
  std::size_t frames_to_helper = 0;
  std::size_t bytes_to_helper = 0;
  std::size_t answer_bytes = 0;  // Of open requests, that wait for their clients.
};

/// One request that a helper is answering.
struct OpenRequest {
  wire::RequestId id;
  std::string method;
  std::string uri;
  std::string client;  // Its address.
  std::chrono::nanoseconds age{0};
  std::uint64_t answered = 0;  // Bytes of content that the helper has sent so far.
};

}  // namespace kismet
