#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "external/exchange.h"

namespace kismet {

class RequestTable;

/// One proxied request, both sides of it: the lease holds it, and the table does while the helper may answer.
/// Thread rule: a line a group; when the client and the helper live on one loop, all groups are that loop's.
struct Exchange::Entry : std::enable_shared_from_this<Exchange::Entry> {
  Entry(Loop& client_loop, std::function<void()> on_change, std::shared_ptr<RequestTable> owner)
      : client(client_loop), table(std::move(owner)), changed(std::move(on_change)) {}

  /// What came for a client on another loop since it was last sent there.
  struct Parcel {
    std::vector<std::pair<std::string, std::string>> headers;
    ChainedBuffer content;
    std::optional<std::uint32_t> result_code;
    bool close = false;
    std::size_t bytes = 0;  // Of all texts.
  };
  /// What was asked, for those who look at open requests.
  struct Asked {
    std::string method, uri, client;
    SteadyTime at{};
  };

  // Everywhere.
  Loop& client;
  const std::shared_ptr<RequestTable> table;
  std::atomic<bool> leased{true};         // Cleared on the client's loop.
  std::atomic<std::size_t> in_flight{0};  // Bytes of parcels on their way.

  // The client's loop.
  HelperAnswer answer;
  std::function<void()> changed;
  std::size_t head_bytes = 0;  // Of answer.headers.

  /// Puts a frame's news into the answer. Returns false if the body took no more; the exchange has then ended.
  bool apply(const wire::HttpResponse& news);
  /// The same for what came from another loop.
  bool apply(Parcel&& news);
  /// The disk has brought some of the body, or has failed.
  void body_changed();
  /// Ends the exchange, unless it has ended.
  void end(ExchangeState state, ExchangeRefusal refusal = ExchangeRefusal::none);
  /// Ends it because what was on its way from another loop met a limit.
  void overrun(SpillingBuffer::Fault limit);
  /// Calls `changed` if the lease is still held.
  void notify();

 private:
  template <typename News, typename Content>
  bool take(const News& news, Content&& content);

 public:
  // The helper's loop.
  std::optional<wire::RequestId> id;  // While it is in the table.
  Asked asked;
  std::uint64_t answered = 0;  // Bytes of content that have come.
  Parcel parcel;
  bool parcel_waits = false;
};

}  // namespace kismet
