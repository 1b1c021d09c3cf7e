#include "server/stream_transport.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

namespace kismet {

namespace {

constexpr std::size_t kKept = 16 * 1024;  // Bytes: a TLS record.

boost::system::error_code aborted() {
  return net::error::operation_aborted;
}

}  // namespace

StreamTransport::StreamTransport(Executor executor, std::unique_ptr<ByteStream> stream)
    : stream_(std::move(stream)), readable_(executor), writable_(executor) {
  stream_->on_ready([this] {
    if (write_over_ && !kept_.empty() && flush()) stream_->shutdown_write();
    readable_.notify();
    writable_.notify();
  });
}

StreamTransport::~StreamTransport() = default;

boost::system::result<std::size_t> StreamTransport::read_some(std::span<char> into) {
  if (!stream_) return aborted();
  return stream_->read_some(into);
}

boost::system::result<std::size_t> StreamTransport::write_some(std::span<const net::const_buffer> from) {
  if (!stream_) return aborted();
  if (!stream_->secure()) return stream_->write_some(from);
  if (!flush()) {
    return stream_->peer() == PeerState::gone ? net::error::make_error_code(net::error::broken_pipe)
                                              : net::error::make_error_code(net::error::would_block);
  }
  for (const net::const_buffer& piece : from) {
    kept_.append(static_cast<const char*>(piece.data()), std::min(piece.size(), kKept - kept_.size()));
  }
  const std::size_t taken = kept_.size();
  flush();
  return taken;
}

/// False: something is still kept.
bool StreamTransport::flush() {
  while (!kept_.empty()) {
    const net::const_buffer piece(kept_.data(), kept_.size());
    const ByteStream::Result sent = stream_->write_some({&piece, 1});
    if (!sent) return false;
    kept_.erase(0, *sent);
  }
  return true;
}

Task<boost::system::error_code> StreamTransport::wait_readable() {
  while (stream_ && !stream_->may_read() && stream_->peer() == PeerState::open) co_await readable_.wait();
  co_return stream_ ? boost::system::error_code{} : aborted();
}

Task<boost::system::error_code> StreamTransport::wait_writable() {
  while (stream_ && !stream_->may_write() && stream_->peer() != PeerState::gone) co_await writable_.wait();
  co_return stream_ ? boost::system::error_code{} : aborted();
}

std::vector<std::string> StreamTransport::peer_names() const {
  return stream_ ? stream_->peer_names() : std::vector<std::string>();
}

void StreamTransport::close_write() {
  if (!stream_ || std::exchange(write_over_, true)) return;
  if (flush()) stream_->shutdown_write();
}

void StreamTransport::close() {
  if (!stream_) return;
  if (stream_->secure()) {
    flush();
    stream_->shutdown_write();
  }
  stream_.reset();
  readable_.notify();
  writable_.notify();
}

}  // namespace kismet
