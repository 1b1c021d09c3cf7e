#include "external/output_reader.h"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <cerrno>

namespace kismet {

namespace {

constexpr std::size_t kBufferSize = 16 * 1024;

}  // namespace

OutputReader::OutputReader(Loop& loop, UniqueFd from, const OutputSettings& settings, LineSplitter::OnLine on_line)
    : loop_(loop),
      from_(loop.get_executor()),
      read_limit_(settings.read_limit),
      lines_(settings.line_limit, std::move(on_line)),
      buffer_(kBufferSize),
      second_began_(loop.clock().now()),
      rested_(loop.get_executor()),
      rest_(loop.deadlines(), [this] { rested_.notify(); }) {
  from_.assign(from.get());
  from.release();
}

Task<void> OutputReader::run() {
  while (!closed_) {
    const auto [ec] = co_await from_.async_wait(net::posix::descriptor_base::wait_read, net::as_tuple(use_task));
    if (ec || !read_some()) break;
    co_await rest_if_over_limit();
  }
  lines_.finish();
}

bool OutputReader::read_some() {
  const ::ssize_t got = ::read(from_.native_handle(), buffer_.data(), buffer_.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  lines_.feed({buffer_.data(), static_cast<std::size_t>(got)});
  read_in_second_ += static_cast<std::size_t>(got);
  return true;
}

Task<void> OutputReader::rest_if_over_limit() {
  const SteadyTime second_ends = second_began_ + std::chrono::seconds(1);
  const SteadyTime now = loop_.clock().now();
  if (now < second_ends && read_in_second_ < read_limit_) co_return;
  if (now < second_ends) {
    rest_.set(second_ends - now);
    co_await rested_.wait();
  }
  second_began_ = loop_.clock().now();
  read_in_second_ = 0;
}

void OutputReader::close() {
  closed_ = true;
  from_.close();
  rested_.notify();
}

}  // namespace kismet
