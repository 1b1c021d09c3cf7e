#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/spilling_buffer.h"
#include "external/messages.h"

namespace kismet {

class RequestTable;

/// What a client asked, ready to be sent to a helper (WIRE.md A3, HTTPREQUEST).
struct ProxyRequest {
  std::string uri;
  std::string method;
  std::vector<std::pair<std::string, std::string>> variables;
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string client_address;
  SteadyTime received{};  // When it was there as a whole; for those who look at open requests.
};

/// How an exchange stands, seen from the client's side.
enum class ExchangeState : std::uint8_t {
  open,            // The helper may still answer.
  complete,        // It has closed its answer; `body` holds what is left to send.
  helper_gone,     // It ended, or was lost, before it closed the answer.
  helper_stopped,  // It was told to end.
  over_limit,      // `body` took no more (see its fault()): the client was too slow for its helper.
  refused,         // Not sent: too many open exchanges, queue full, frame too large (see `refusal`).
  ended,           // By hand: somebody who looks after the daemon did not want it to go on.
};

enum class ExchangeRefusal : std::uint8_t { none, busy, too_large };

/// A helper's answer as it grows.
/// Thread rule: all members on the loop of the client (Exchange::open's `client`).
struct HelperAnswer {
  ExchangeState state = ExchangeState::open;
  ExchangeRefusal refusal = ExchangeRefusal::none;
  std::optional<std::uint32_t> result_code;                  // As sent, unchecked; the first one counts.
  std::vector<std::pair<std::string, std::string>> headers;  // As sent, unchecked.
  SpillingBuffer body;
  std::uint64_t body_total = 0;  // Content bytes received so far.
  bool head_sent = false;        // Set by the client's side: later codes and headers are ignored and counted.
};

/// One proxied request, the client's side of it: a move-only lease on an entry of the helper's request table. Dropping
/// it before the answer is complete sends HTTPREQUESTCANCEL, and frees the entry (WIRE.md A7).
/// Thread rule: all members on the client's loop. Owned by the handler that proxies the request.
class Exchange {
 public:
  Exchange() = default;
  ~Exchange();
  Exchange(Exchange&&) noexcept;
  Exchange& operator=(Exchange&&) noexcept;

  /// Valid as long as the lease; `changed`, given at open, is called after each change.
  HelperAnswer& answer();
  /// Gives the lease up; the same as destroying it.
  void release();
  explicit operator bool() const { return entry_ != nullptr; }

 private:
  friend class RequestTable;
  struct Entry;
  std::shared_ptr<Entry> entry_;
};

/// A helper as the web side holds it: safe to keep after the helper is gone, and usable from any loop.
/// Thread rule: open() on the client's loop; name() everywhere. Shared by the routes of a helper and its session.
class HelperHandle {
 public:
  virtual ~HelperHandle() = default;
  virtual const std::string& name() const = 0;
  /// Sends `request` to the helper and returns the lease. `changed` is called on `client`'s loop after each change of
  /// the answer; never from inside open(), and never after the lease is gone. A helper that is gone or full shows in
  /// the answer's state.
  virtual Exchange open(ProxyRequest request, Loop& client, std::function<void()> changed) = 0;
};

}  // namespace kismet
