#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "external/exchange_entry.h"
#include "external/frame_sender.h"
#include "external/helper_session.h"
#include "external/session_status.h"

namespace kismet {

/// The open requests of one helper by their ids, and the handle that the web side opens them with. It outlives its
/// session for as long as somebody holds the handle or a lease; it is then closed, and says how.
/// Thread rule: open() and name() as HelperHandle says; cancel(), the limits, note_spill() and late heads everywhere;
/// the rest on the session's loop.
class RequestTable final : public HelperHandle, public std::enable_shared_from_this<RequestTable> {
 public:
  /// What an answer was to this table.
  enum class Verdict : std::uint8_t { taken, late, never_asked };
  using EntryPtr = std::shared_ptr<Exchange::Entry>;

  RequestTable(Loop& loop, std::string name, const SessionSettings& settings, FrameSender& sender,
               SessionCounters& counters, wire::RequestId first = {}, SpillSpace* spill = nullptr);

  const std::string& name() const override { return name_; }
  Exchange open(ProxyRequest request, Loop& client, std::function<void()> changed) override;

  /// Hands an answer to its client, or keeps it for flush() if the client lives on another loop.
  Verdict answer(const wire::HttpResponse& response);
  /// Sends the answers that answer() kept to their loops. Call it after a batch of frames.
  void flush();
  /// Ends all exchanges, as helper_gone or helper_stopped, and refuses new ones. `sender` and `counters` are used no
  /// more.
  void close(ExchangeState how = ExchangeState::helper_gone);
  /// Answers of this helper have spilled since the last call, and the disk does not keep up.
  bool outruns_disk();
  std::size_t size() const { return entries_.size(); }
  /// The open requests, those that were made first before the others, `most` at the most.
  std::vector<OpenRequest> open_requests(std::size_t most) const;
  /// Bytes of their answers that wait for clients.
  std::size_t answer_bytes() const;
  /// Ends one by hand: its client is told, and the helper hears a cancel. False if it is not open.
  bool end_request(wire::RequestId id);

  /// The client gave the lease up, or its buffer is over the limit: the helper need not go on.
  void cancel(const EntryPtr& entry);

  std::size_t head_limit() const { return head_limit_; }
  void note_spill() { spilled_.store(true, std::memory_order_relaxed); }
  void count_late_head() { late_heads_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t late_heads() const { return late_heads_.load(std::memory_order_relaxed); }

 private:
  struct Outcome {
    ExchangeState state = ExchangeState::open;
    ExchangeRefusal refusal = ExchangeRefusal::none;
  };

  Outcome start(const EntryPtr& entry, ProxyRequest&& request);
  void cancel_here(const EntryPtr& entry);
  SpillingBuffer::Fault pack(const EntryPtr& entry, const wire::HttpResponse& response);
  void end_elsewhere(const EntryPtr& entry, Outcome outcome);
  void forget(const EntryPtr& entry);

  Loop& loop_;
  const std::string name_;
  const std::size_t open_limit_;
  const std::uint64_t answer_limit_;
  const std::size_t head_limit_;
  SpillSpace* const spill_;
  std::atomic<ExchangeState> state_{ExchangeState::open};  // Else how it was closed.
  std::atomic<bool> spilled_{false};
  std::atomic<std::uint64_t> late_heads_{0};

  // The session's loop.
  FrameSender& sender_;
  SessionCounters& counters_;
  std::unordered_map<std::uint32_t, EntryPtr> entries_;
  std::vector<EntryPtr> parcels_;
  std::uint32_t next_id_;
  bool wrapped_ = false;
};

}  // namespace kismet
