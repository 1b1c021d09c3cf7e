#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kismet::bench {

enum class Order : std::uint8_t {
  whole,        // One frame, at once.
  in_sequence,  // One answer after the other, as a simple helper does.
  interleaved,  // A frame of each open answer in turn.
  stream,       // A line at once and then one a second, without end.
  statistics,   // What the helper has seen; asking resets it.
};

/// An answer that a URI of the bench helper gives.
struct Body {
  std::string_view uri;
  Order order = Order::whole;
  std::uint64_t size = 0;  // Bytes of content.
  std::size_t frame = 0;   // Bytes of content a frame.
};

inline constexpr std::string_view kHello = "Hello, world!";
inline constexpr std::size_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;

inline constexpr std::array kBodies{
    Body{"/bench/hello", Order::whole, kHello.size(), kHello.size()},
    Body{"/bench/64k-1k", Order::in_sequence, 64 * kKiB, kKiB},
    Body{"/bench/64k-1k-mixed", Order::interleaved, 64 * kKiB, kKiB},
    Body{"/bench/16m-1k", Order::in_sequence, 16 * kMiB, kKiB},
    Body{"/bench/16m-8k", Order::in_sequence, 16 * kMiB, 8 * kKiB},
    Body{"/bench/16m-8k-mixed", Order::interleaved, 16 * kMiB, 8 * kKiB},
    Body{"/bench/4g-8k-mixed", Order::interleaved, 4096 * kMiB, 8 * kKiB},
    Body{"/bench/stream", Order::stream},
    Body{"/bench/statistics", Order::statistics},
};

/// The body of `uri`; the hello of any other, as the numbered URIs give.
inline const Body& find_body(std::string_view uri) {
  for (const Body& body : kBodies) {
    if (body.uri == uri) return body;
  }
  return kBodies[0];
}

}  // namespace kismet::bench
