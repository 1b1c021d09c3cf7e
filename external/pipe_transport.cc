#include "external/pipe_transport.h"

#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <tuple>

#include "base/turn.h"
#include "base/unique_fd.h"

namespace kismet {

namespace {

boost::system::error_code last_error() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return net::error::would_block;
  return {errno, boost::system::system_category()};
}

/// Goes on in a turn: what many frames ring goes on once.
template <typename Descriptor>
auto wait_for(Descriptor& descriptor, net::posix::descriptor_base::wait_type what) {
  const auto as_tuple = net::as_tuple(use_task);
  return net::async_initiate<decltype(as_tuple), void(boost::system::error_code)>(
      [&descriptor, what](auto handler) { descriptor.async_wait(what, AsTurn(std::move(handler))); }, as_tuple);
}

}  // namespace

PipeTransport::PipeTransport(Executor executor, int read_from, int write_to) : read_(executor), write_(executor) {
  UniqueFd from(read_from);
  UniqueFd to(write_to);
  read_.assign(from.get());
  from.release();
  write_.assign(to.get());
  to.release();
  boost::system::error_code ignored;  // On a descriptor that is none, the first read tells.
  read_.non_blocking(true, ignored);
  write_.non_blocking(true, ignored);
}

boost::system::result<std::size_t> PipeTransport::read_some(std::span<char> into) {
  if (!read_.is_open()) return net::error::make_error_code(net::error::operation_aborted);
  for (;;) {
    const ssize_t count = ::read(read_.native_handle(), into.data(), into.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) return net::error::make_error_code(net::error::eof);
    if (errno != EINTR) return last_error();
  }
}

boost::system::result<std::size_t> PipeTransport::write_some(std::span<const net::const_buffer> from) {
  if (!write_.is_open()) return net::error::make_error_code(net::error::operation_aborted);
  std::array<iovec, 64> pieces;
  const std::size_t count = std::min(from.size(), pieces.size());
  for (std::size_t i = 0; i < count; ++i) pieces[i] = {const_cast<void*>(from[i].data()), from[i].size()};
  for (;;) {
    const ssize_t written = ::writev(write_.native_handle(), pieces.data(), static_cast<int>(count));
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno != EINTR) return last_error();
  }
}

Task<boost::system::error_code> PipeTransport::wait_readable() {
  if (!read_.is_open()) co_return net::error::make_error_code(net::error::operation_aborted);
  const auto [ec] = co_await wait_for(read_, Descriptor::wait_read);
  co_return ec;
}

Task<boost::system::error_code> PipeTransport::wait_writable() {
  if (!write_.is_open()) co_return net::error::make_error_code(net::error::operation_aborted);
  const auto [ec] = co_await wait_for(write_, Descriptor::wait_write);
  co_return ec;
}

std::optional<std::size_t> PipeTransport::unread_by_peer() const {
  int unread = 0;
  if (!write_.is_open() || ::ioctl(write_.native_handle(), FIONREAD, &unread) != 0) return std::nullopt;
  return static_cast<std::size_t>(unread);
}

void PipeTransport::close_write() {
  boost::system::error_code ignored;
  write_.close(ignored);
}

void PipeTransport::close() {
  boost::system::error_code ignored;
  read_.close(ignored);
  write_.close(ignored);
}

}  // namespace kismet
