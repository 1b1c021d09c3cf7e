#pragma once

#include <array>
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "httpd/byte_stream.h"
#include "httpd/connection.h"
#include "httpd/httpd_context.h"
#include "httpd/poller.h"
#include "httpd/response_head.h"

namespace kismet {

/// What a server has counted since its start.
struct HttpdCounters {
  std::uint64_t connections = 0;  // Served in all.
  std::uint64_t open_connections = 0;
  std::uint64_t refused_connections = 0;  // Over a limit.
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 6> by_class{};  // By hundreds of the status; [0]: nothing was sent.
  std::uint64_t bad_requests = 0;           // Refused by the gate.
  std::uint64_t left_early = 0;             // The client was gone before the end of its answer.
  std::uint64_t timed_out = 0;              // A time limit ended the connection.
  std::uint64_t handler_failures = 0;       // Exceptions.
  std::uint64_t websockets = 0;             // Opened.
};

/// The connections of one loop, and what they share: the poller, memory to receive into, the date, counters.
/// Thread rule: all members on loop(), but for counters().
/// Owned by the server. Destroy it when it is empty or when its loop has stopped for good.
class ConnectionSet {
 public:
  ConnectionSet(Loop& loop, const HttpdContext& context);
  ~ConnectionSet();

  /// Serves `stream`; `ended` is called (on this loop) when it is over.
  void add(std::unique_ptr<ByteStream> stream, const PeerAddress& peer, std::function<void()> ended);
  /// Ends idle connections now, the others after their answers, and all after the settings' stop_grace. `empty` is
  /// called once none is left; then the poller is closed.
  void stop(std::function<void()> empty);

  Loop& loop() { return loop_; }
  Poller& poller() { return poller_; }
  const HttpdContext& context() const { return context_; }
  Router& router() { return context_.router.local(loop_); }
  /// Memory that is anybody's as long as nothing else runs.
  std::span<char> receive_space() { return receive_space_; }
  HttpResponseWriter::Shared shared() { return {renderer_, head_space_, receive_space_, context_.settings}; }

  /// Written on one loop, read everywhere.
  class Count {
   public:
    void add() { value_.store(get() + 1, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_ = 0;
  };
  struct Counts {
    Count begun, ended, requests, bad_requests, left_early, timed_out, handler_failures, websockets;
    std::array<Count, 6> by_class;
  };
  Counts& counts() { return counts_; }
  void add_counters(HttpdCounters& to) const;

 private:
  void end(Connection& connection, const std::exception_ptr& error);
  void tell_if_empty();

  Loop& loop_;
  const HttpdContext& context_;
  Poller poller_;
  HeadRenderer renderer_;
  std::vector<char> receive_space_;
  std::string head_space_;
  Counts counts_;
  bool stopping_ = false;
  std::function<void()> empty_;
  Deadline grace_;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections_;
};

}  // namespace kismet
