#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "external/transport.h"

namespace kismet {

/// Two descriptors, one to read from and one to write to: the pipes of a child process, or the two ends of a test's.
/// Thread rule and owner: Transport's. Closes both descriptors when it dies. SIGPIPE is ignored by the program.
class PipeTransport final : public Transport {
 public:
  /// Takes over both descriptors, and makes them non-blocking. They must be different.
  PipeTransport(Executor executor, int read_from, int write_to);

  boost::system::result<std::size_t> read_some(std::span<char> into) override;
  boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) override;
  Task<boost::system::error_code> wait_readable() override;
  Task<boost::system::error_code> wait_writable() override;
  std::optional<std::size_t> unread_by_peer() const override;
  void close_write() override;
  void close() override;

 private:
  using Descriptor = net::posix::basic_stream_descriptor<Executor>;
  Descriptor read_;
  mutable Descriptor write_;  // native_handle() is not const.
};

}  // namespace kismet
