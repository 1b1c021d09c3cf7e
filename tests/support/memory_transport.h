#pragma once

#include <algorithm>
#include <boost/asio/error.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "base/wakeup.h"
#include "external/transport.h"

namespace kismet::testing {

/// The bytes between a session and a test that plays its helper; shared by both.
struct MemoryWire {
  explicit MemoryWire(Executor executor) : readable(executor), writable(executor) {}

  std::string to_session;
  std::string from_session;
  bool output_closed = false;  // By the helper: the session reads end-of-file.
  bool input_closed = false;   // By the helper: the session's writes are broken pipes.
  bool write_closed = false;   // By the session: the helper reads end-of-file.
  bool closed = false;         // By the session, both ways.

  std::size_t most_a_read = std::numeric_limits<std::size_t>::max();
  std::size_t most_a_write = std::numeric_limits<std::size_t>::max();
  std::size_t capacity = std::numeric_limits<std::size_t>::max();  // Bytes in from_session that block a write.
  bool tells_unread = false;                                       // Whether unread_by_peer() knows, as a pipe does.
  bool joins_writes = false;                                       // As TCP does.
  std::function<boost::system::error_code()> fault;                // Asked before each read and write.

  Wakeup readable;
  Wakeup writable;
};

class MemoryTransport final : public Transport {
 public:
  explicit MemoryTransport(std::shared_ptr<MemoryWire> wire) : wire_(std::move(wire)) {}

  boost::system::result<std::size_t> read_some(std::span<char> into) override {
    if (const auto ec = fault()) return ec;
    if (wire_->to_session.empty()) return error(wire_->output_closed ? error_code(net::error::eof) : would_block());
    const std::size_t count = std::min({into.size(), wire_->most_a_read, wire_->to_session.size()});
    wire_->to_session.copy(into.data(), count);
    wire_->to_session.erase(0, count);
    return count;
  }

  boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) override {
    if (const auto ec = fault()) return ec;
    if (wire_->input_closed) return error(net::error::broken_pipe);
    std::size_t left = std::min(wire_->most_a_write, room());
    if (left == 0) return error(would_block());
    std::size_t count = 0;
    for (const net::const_buffer& piece : from) {
      const std::size_t taken = std::min(left, piece.size());
      wire_->from_session.append(static_cast<const char*>(piece.data()), taken);
      left -= taken;
      count += taken;
    }
    return count;
  }

  Task<boost::system::error_code> wait_readable() override {
    const std::shared_ptr<MemoryWire> wire = wire_;
    while (!wire->closed && wire->to_session.empty() && !wire->output_closed) co_await wire->readable.wait();
    co_return wire->closed ? error_code(net::error::operation_aborted) : error_code();
  }

  Task<boost::system::error_code> wait_writable() override {
    const std::shared_ptr<MemoryWire> wire = wire_;
    while (!wire->closed && room() == 0 && !wire->input_closed) co_await wire->writable.wait();
    co_return wire->closed ? error_code(net::error::operation_aborted) : error_code();
  }

  std::optional<std::size_t> unread_by_peer() const override {
    return wire_->tells_unread ? std::optional(wire_->from_session.size()) : std::nullopt;
  }

  bool joins_writes() const override { return wire_->joins_writes; }
  void close_write() override { wire_->write_closed = true; }

  void close() override {
    wire_->closed = true;
    wire_->readable.notify();
    wire_->writable.notify();
  }

 private:
  using error_code = boost::system::error_code;
  static error_code would_block() { return net::error::would_block; }
  static error_code error(error_code ec) { return ec; }
  error_code fault() {
    if (wire_->closed) return net::error::operation_aborted;
    return wire_->fault ? wire_->fault() : error_code();
  }
  std::size_t room() const { return wire_->capacity - std::min(wire_->capacity, wire_->from_session.size()); }

  std::shared_ptr<MemoryWire> wire_;
};

}  // namespace kismet::testing
