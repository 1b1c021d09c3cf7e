#pragma once

#include "base/unique_fd.h"
#include "httpd/byte_stream.h"
#include "httpd/poller.h"

namespace kismet {

/// A connected TCP or unix socket.
/// Thread rule and ownership: ByteStream's.
class SocketStream final : public ByteStream {
 public:
  /// `socket` is non-blocking and close-on-exec.
  SocketStream(Poller& poller, UniqueFd socket);

  Result read_some(std::span<char> into) override;
  Result write_some(std::span<const net::const_buffer> from) override;
  bool may_read() const override { return watch_.readable; }
  bool may_write() const override { return watch_.writable; }
  PeerState peer() const override;
  void on_ready(std::function<void()> ready) override { watch_.ready = std::move(ready); }
  void shutdown_write() override;
  void reset_on_close() override;

 private:
  UniqueFd socket_;
  Poller::Watch watch_;  // Dies before the socket.
};

}  // namespace kismet
