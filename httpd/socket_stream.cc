#include "httpd/socket_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <utility>

namespace kismet {

namespace {

constexpr std::size_t kPiecesAtOnce = 64;

boost::system::error_code last_error() {
  return {errno, boost::system::system_category()};
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

SocketStream::SocketStream(Poller& poller, UniqueFd socket)
    : socket_(std::move(socket)), watch_(poller, socket_.get()) {}

ByteStream::Result SocketStream::read_some(std::span<char> into) {
  ssize_t count = 0;
  do count = ::recv(socket_.get(), into.data(), into.size(), 0);
  while (count < 0 && errno == EINTR);
  if (count > 0) {
    // Fewer than asked for: that was all there is, and what comes next is a change that the kernel reports. An end of
    // file that is there already will not be reported again.
    if (static_cast<std::size_t>(count) < into.size() && !watch_.finished && !watch_.broken) watch_.readable = false;
    return static_cast<std::size_t>(count);
  }
  if (count == 0) {
    watch_.finished = true;
    watch_.readable = false;
    return boost::system::error_code(net::error::eof);
  }
  if (would_block()) {
    watch_.readable = false;
    return boost::system::error_code(net::error::would_block);
  }
  watch_.broken = true;
  return last_error();
}

ByteStream::Result SocketStream::write_some(std::span<const net::const_buffer> from) {
  std::array<iovec, kPiecesAtOnce> pieces;
  const std::size_t count = std::min(from.size(), pieces.size());
  for (std::size_t i = 0; i < count; ++i) pieces[i] = {const_cast<void*>(from[i].data()), from[i].size()};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (would_block()) {
    watch_.writable = false;
    return boost::system::error_code(net::error::would_block);
  }
  watch_.broken = true;
  return last_error();
}

PeerState SocketStream::peer() const {
  if (watch_.broken) return PeerState::gone;
  return watch_.finished ? PeerState::finished : PeerState::open;
}

void SocketStream::shutdown_write() {
  ::shutdown(socket_.get(), SHUT_WR);
}

void SocketStream::reset_on_close() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace kismet
