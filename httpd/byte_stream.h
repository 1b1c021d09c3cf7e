#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kismet {

namespace net = boost::asio;

/// How the other end of a stream stands, as far as can be told without reading.
enum class PeerState : std::uint8_t {
  open,
  finished,  // It sends no more (FIN): it has left, or has only closed its half.
  gone,      // Reset, or broken: nothing can be delivered.
};

/// The bytes to and from one client: a socket, TLS over one, or memory in a test. Reading and writing are tried and
/// never wait; who was told would_block goes on when `ready` is called. Thread rule: all members on the connection's
/// loop. Owned by the connection, or by the stream that wraps it.
class ByteStream {
 public:
  using Result = boost::system::result<std::size_t>;

  virtual ~ByteStream() = default;
  /// Reads up to `into.size()` bytes, at least one. Errors: would_block; eof once the peer has finished; any other
  /// means that the stream is broken.
  virtual Result read_some(std::span<char> into) = 0;
  /// Writes what fits of `from`, gathered. Errors: would_block; any other means that the stream is broken.
  virtual Result write_some(std::span<const net::const_buffer> from) = 0;
  /// False: nothing has come since reading last came to an end of what there was. Spares a system call a request.
  virtual bool may_read() const = 0;
  /// False: writing would still block.
  virtual bool may_write() const = 0;
  virtual PeerState peer() const = 0;
  /// `ready` is called, in a turn of the loop of its own, after may_read(), may_write() or peer() changed; also now and
  /// then for nothing. Replaces the last one. It must not destroy the stream.
  virtual void on_ready(std::function<void()> ready) = 0;
  /// Ends our half in order, after all that was written (TLS: close_notify). What does not fit is lost.
  virtual void shutdown_write() = 0;
  /// Lets the client see a reset instead of an orderly end when the stream is destroyed.
  virtual void reset_on_close() = 0;
  virtual bool secure() const { return false; }
  /// The names in the certificate that the peer has shown, common name and DNS names; none if it showed none, or before
  /// the handshake is over.
  virtual std::vector<std::string> peer_names() const { return {}; }
};

/// Makes the stream of an accepted connection out of its socket's, for a listener that does TLS.
using StreamWrapper = std::function<std::unique_ptr<ByteStream>(std::unique_ptr<ByteStream>)>;

}  // namespace kismet
