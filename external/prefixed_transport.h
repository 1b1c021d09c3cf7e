#pragma once

#include <memory>
#include <string>

#include "external/transport.h"

namespace kismet {

/// A transport of which something has been read already: that is read again first.
/// Thread rule and ownership: Transport's.
class PrefixedTransport final : public Transport {
 public:
  PrefixedTransport(std::string bytes, std::unique_ptr<Transport> rest)
      : bytes_(std::move(bytes)), rest_(std::move(rest)) {}

  boost::system::result<std::size_t> read_some(std::span<char> into) override {
    if (closed_ || at_ == bytes_.size()) return rest_->read_some(into);
    const std::size_t count = bytes_.copy(into.data(), into.size(), at_);
    at_ += count;
    if (at_ == bytes_.size()) std::string().swap(bytes_), at_ = 0;
    return count;
  }
  boost::system::result<std::size_t> write_some(std::span<const net::const_buffer> from) override {
    return rest_->write_some(from);
  }
  Task<boost::system::error_code> wait_readable() override {
    if (!closed_ && at_ < bytes_.size()) co_return boost::system::error_code{};
    co_return co_await rest_->wait_readable();
  }
  Task<boost::system::error_code> wait_writable() override { return rest_->wait_writable(); }
  std::optional<std::size_t> unread_by_peer() const override { return rest_->unread_by_peer(); }
  bool joins_writes() const override { return rest_->joins_writes(); }
  bool one_frame_a_write() const override { return rest_->one_frame_a_write(); }
  std::vector<std::string> peer_names() const override { return rest_->peer_names(); }
  void close_write() override { rest_->close_write(); }
  void close() override {
    closed_ = true;
    rest_->close();
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  const std::unique_ptr<Transport> rest_;
  bool closed_ = false;
};

}  // namespace kismet
