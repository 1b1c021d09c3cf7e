#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/latency.h"
#include "base/tally.h"
#include "httpd/byte_stream.h"
#include "httpd/connection.h"
#include "httpd/httpd_context.h"
#include "httpd/poller.h"
#include "httpd/response_head.h"
#include "httpd/route_stats.h"

namespace kismet {

/// Requests by hundreds of the status of their answers; [0]: nothing was sent.
using ByStatus = std::array<std::uint64_t, 6>;

/// What the routes of one class have counted.
struct RouteClassCounters {
  ByStatus by_status{};
  Latencies latency;  // From the head of a request to that of its answer.
};

/// What a server has counted since its start.
struct HttpdCounters {
  std::uint64_t connections = 0;  // Served in all.
  std::uint64_t open_connections = 0;
  std::uint64_t refused_connections = 0;  // Over a limit.
  std::uint64_t requests = 0;
  ByStatus by_class{};
  std::array<RouteClassCounters, kRouteClasses> routes;  // By RouteClass.
  std::uint64_t bad_requests = 0;           // Refused by the gate.
  std::uint64_t left_early = 0;             // The client was gone before the end of its answer.
  std::uint64_t timed_out = 0;              // A time limit ended the connection.
  std::uint64_t handler_failures = 0;       // Exceptions.
  std::uint64_t websockets = 0;             // Opened.
  std::uint64_t open_websockets = 0;
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
  HttpResponseWriter::Shared shared() { return {renderer_, head_space_, receive_space_, context_.settings, counts_.websockets_begun}; }

  /// Written on the loop, read everywhere.
  struct ClassCounts {
    std::array<Tally, 6> by_status;
    LatencyHistogram latency;
  };
  struct Counts {
    Tally begun, ended, requests, bad_requests, left_early, timed_out, handler_failures;
    Tally websockets_begun, websockets_ended;
    std::array<ClassCounts, kRouteClasses> routes;
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
