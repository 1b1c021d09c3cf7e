#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async.h"

namespace kismet {

/// The bytes to and from one helper: two pipes, a socket, a websocket, or memory in a test. Reads and writes never
/// wait; a coroutine waits for readiness instead, one reader and one writer at a time. Thread rule: all members run on
/// the session's loop. Owned by the HelperSession.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Reads up to `into.size()` bytes. Errors: would_block; eof when the helper closed its end; others are the system's.
  virtual boost::system::result<std::size_t> read_some(std::span<char> into) = 0;
  /// Writes what fits of `from`, gathered. Errors: would_block; broken_pipe when nobody reads any more.
  virtual boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) = 0;
  /// Returns when a read (write) may have something to do, or with operation_aborted after close().
  virtual Task<boost::system::error_code> wait_readable() = 0;
  virtual Task<boost::system::error_code> wait_writable() = 0;
  /// Bytes that were written and that the helper has not read yet, where the transport can tell (a pipe, WIRE.md A6).
  virtual std::optional<std::size_t> unread_by_peer() const { return std::nullopt; }
  /// Whether what is written may be read together with what is written next, and nothing tells what has been read
  /// (TCP).
  virtual bool joins_writes() const { return false; }
  /// Whether each write must be one whole frame and no more (a websocket: one frame a message). It is then taken whole.
  virtual bool one_frame_a_write() const { return false; }
  /// The names in the certificate that the helper has shown; none if it showed none.
  virtual std::vector<std::string> peer_names() const { return {}; }
  /// Ends the helper's input, so that it sees end-of-file; reading goes on.
  virtual void close_write() = 0;
  virtual void close() = 0;
};

}  // namespace kismet
