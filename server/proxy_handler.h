#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "external/exchange.h"
#include "httpd/handler.h"
#include "httpd/response_writer.h"
#include "server/helper_answer_head.h"

namespace kismet {

class MessageBus;
class MimeTypes;
class SpillSpace;

/// What happens to an answer of which more waits for its client than may. The helper is told to stop in any case, and
/// the client sees that its answer is not whole.
enum class OverLimit : std::uint8_t {
  drop_connection,  // The client is given up, and what waits for it thrown away.
  cancel,           // The client may still read what waits for it.
};

/// Limits of proxied requests. Each is a setting of conf/kismet.conf.
struct ProxySettings {
  std::chrono::milliseconds answer_timeout{30'000};  // Until the first frame of an answer; then 504. 0 = no limit.
  std::chrono::milliseconds head_delay{10};          // How long a head waits, after the first content, for a late code.
  std::size_t head_buffer = 16 * 1024;               // Bytes of content for which it waits no longer.
  OverLimit over_limit = OverLimit::drop_connection;
  bool server_timing = true;  // Whether answers say how long they took (Server-Timing).
};

/// What all proxied requests have counted. Thread rule: safe everywhere.
struct ProxyCounters {
  std::atomic<std::uint64_t> requests{0}, open{0}, complete{0}, cancelled{0}, timeouts{0}, cut{0}, bad_heads{0},
      bad_cookies{0};
};

/// Answers a route by asking its helper: opens an exchange, decides when the head may leave (HTTP_API.md B5), and
/// streams what comes. Thread rule: handle() on any loop. Shared by a helper's routes; lives until its last request has
/// ended.
class ProxyHandler final : public Handler {
 public:
  /// What all proxied requests share; outlives them.
  struct Common {
    ProxySettings settings;
    const MimeTypes& types;
    MessageBus& messages;
    ProxyCounters& counters;
    SpillSpace* spill = nullptr;  // Where answers wait that do not fit in memory.
  };

  ProxyHandler(std::shared_ptr<HelperHandle> helper, const Common& common)
      : helper_(std::move(helper)), common_(common) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  Task<void> stream(const Request& request, ResponseWriter& out, SteadyTime opened, HelperAnswer& answer);
  CheckedHead make_head(const Request& request, ResponseWriter& out, SteadyTime opened, const HelperAnswer& answer);
  bool gives_up(const HelperAnswer& answer) const;
  void tell_cut(const Request& request, const HelperAnswer& answer);
  Task<void> refuse(const Request& request, ResponseWriter& out, unsigned status, std::string_view reason);

  std::shared_ptr<HelperHandle> helper_;
  const Common& common_;
  std::atomic<bool> cookie_told_{false};
};

}  // namespace kismet
