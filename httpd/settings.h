#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace kismet {

/// Compression of answers for clients that ask for it.
struct CompressionSettings {
  bool on = true;
  unsigned level = 4;                   // 1 (quick) to 9 (small), of answers that are made anew each time.
  std::size_t min_size = 1024;          // Bytes of an answer; what is smaller gains nothing.
  std::size_t max_size = 128 * 1024;    // Bytes of an answer that is compressed on an I/O thread; more goes as it is.
  std::size_t kept = 16 * 1024 * 1024;  // Bytes of compressed files that are kept in memory; 0 keeps and makes none.
  std::size_t max_file = 4 * 1024 * 1024;  // Bytes of a file that is compressed.
};

/// Limits and habits of the web server. Each is a setting of conf/kismet.conf.
struct HttpdSettings {
  // What a request may be.
  std::size_t target_limit = 8 * 1024;   // Bytes of the request target; more is answered 414.
  std::size_t header_limit = 32 * 1024;  // Bytes of request line and headers; more is answered 431. At least 1 KiB.
  std::size_t header_count_limit = 100;  // Header fields; more is answered 431.
  std::size_t body_limit = 100'000;      // Bytes of a request's body; more is answered 413.

  // How long a client may take.
  std::chrono::milliseconds header_timeout{
      15'000};                                     // For request line and headers, from the first byte (or the accept).
  std::chrono::milliseconds body_timeout{30'000};  // For the body, plus what body_rate grants.
  std::size_t body_rate = 4 * 1024;  // Bytes a second: each so many received add a second to body_timeout.
  std::chrono::milliseconds idle_timeout{75'000};   // Between two requests.
  std::chrono::milliseconds write_timeout{30'000};  // Without taking one byte of an answer that waits for it.
  std::chrono::milliseconds linger_timeout{2'000};  // To read the last answer, after which the connection is closed.
  std::size_t linger_limit = 256 * 1024;            // Bytes that are thrown away meanwhile.
  std::chrono::milliseconds stop_grace{2'000};      // For requests in progress when the server stops.

  // How many there may be.
  std::size_t connections = 16'384;             // In all; more are answered 503.
  std::size_t connections_per_address = 2'048;  // Of one address, trusted proxies excepted; 0 = no limit of its own.
  std::size_t requests_per_turn = 32;           // Pipelined requests of one client before others have their turn.
  std::size_t unsent_limit = 128 * 1024;  // Bytes that the kernel holds for one client before it is sent; 0: its own.
  std::size_t kept_buffer = 4 * 1024;     // Bytes of a buffer that an idle connection may keep.
  std::chrono::milliseconds accept_pause{100};  // After accepting failed (descriptors used up).

  CompressionSettings compression;

  // Who is whom.
  std::string uri_prefix;                    // "/kismet": taken off the front of paths that have it.
  std::vector<std::string> trusted_proxies;  // Addresses or networks (10.0.0.0/8) whose X-Forwarded-* are believed.
  std::vector<std::string> allowed_hosts;  // Names that Host may have on loopback, beside localhost and this machine's.
  bool allow_cors = false;                 // Whether other origins may read answers at all:
  std::vector<std::string> allowed_origins;  // these with credentials; if there are none, all, without credentials.

  // Websockets.
  std::size_t websocket_message_limit = 1024 * 1024;    // Bytes of a message from the client; more closes with 1009.
  std::size_t websocket_queue_limit = 4 * 1024 * 1024;  // Bytes that may wait for a client to read them.
  std::chrono::milliseconds websocket_ping{30'000};     // Silence after which a ping is sent; as much again closes.
  std::chrono::milliseconds websocket_close{5'000};     // For the close handshake.
};

}  // namespace kismet
