#pragma once

#include <chrono>
#include <string>

namespace kismet {

/// The value of a Server-Timing header, for browsers' tools: "queue;dur=0.042, helper;dur=1.300", in milliseconds:
/// how long the request was in the daemon before its helper was asked (login, body), and how long the helper took until
/// the head of its answer could leave.
std::string server_timing(std::chrono::nanoseconds queue, std::chrono::nanoseconds helper);

}  // namespace kismet
