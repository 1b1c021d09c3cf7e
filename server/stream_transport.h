#pragma once

#include <memory>
#include <string>

#include "base/wakeup.h"
#include "external/transport.h"
#include "httpd/byte_stream.h"

namespace kismet {

/// A helper's bytes over a connection of the web server's kind: TCP, or TLS over it.
/// Thread rule and ownership: Transport's; the stream belongs to the same loop.
class StreamTransport final : public Transport {
 public:
  StreamTransport(Executor executor, std::unique_ptr<ByteStream> stream);
  ~StreamTransport() override;

  boost::system::result<std::size_t> read_some(std::span<char> into) override;
  boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) override;
  Task<boost::system::error_code> wait_readable() override;
  Task<boost::system::error_code> wait_writable() override;
  bool joins_writes() const override { return true; }
  std::vector<std::string> peer_names() const override;
  void close_write() override;
  void close() override;

 private:
  bool flush();

  std::unique_ptr<ByteStream> stream_;  // Null once closed.
  // What TLS has been given, but not taken: it wants the same bytes again, while frames that wait change their order.
  std::string kept_;
  bool write_over_ = false;
  Wakeup readable_;
  Wakeup writable_;
};

}  // namespace kismet
