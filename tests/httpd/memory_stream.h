#pragma once

#include <boost/asio/error.hpp>
#include <memory>
#include <string>

#include "httpd/byte_stream.h"

namespace kismet::test {

/// Both ends of a connection in memory. The test is the client.
struct MemoryPipe {
  std::string to_server;
  std::string to_client;
  bool client_finished = false;
  bool client_gone = false;
  bool server_finished = false;
  bool closed = false;                  // The server has destroyed its end.
  std::size_t read_size = 64 * 1024;    // Bytes that one read gives at the most.
  std::size_t write_size = 64 * 1024;   // Bytes that one write takes at the most.
  std::size_t room = 1024 * 1024 * 64;  // Bytes that the client takes before it blocks.
  std::size_t operations = 0;           // Reads and writes so far.
  std::size_t fail_at = 0;              // This one fails; 0: none does.
  std::function<void()> ready;
};

/// The server's end.
class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::shared_ptr<MemoryPipe> pipe) : pipe_(std::move(pipe)) {}
  ~MemoryStream() override {
    pipe_->closed = true;
    pipe_->ready = {};
  }

  Result read_some(std::span<char> into) override {
    if (fails()) return boost::system::error_code(net::error::connection_reset);
    if (pipe_->to_server.empty()) {
      if (pipe_->client_finished) return boost::system::error_code(net::error::eof);
      return boost::system::error_code(net::error::would_block);
    }
    const std::size_t count = pipe_->to_server.copy(into.data(), std::min(into.size(), pipe_->read_size));
    pipe_->to_server.erase(0, count);
    return count;
  }

  Result write_some(std::span<const net::const_buffer> from) override {
    if (fails()) return boost::system::error_code(net::error::broken_pipe);
    std::size_t left = std::min(pipe_->write_size, pipe_->room);
    if (left == 0) return boost::system::error_code(net::error::would_block);
    std::size_t written = 0;
    for (const net::const_buffer& piece : from) {
      const std::size_t count = std::min(piece.size(), left - written);
      pipe_->to_client.append(static_cast<const char*>(piece.data()), count);
      written += count;
    }
    pipe_->room -= written;
    return written;
  }

  bool may_read() const override { return !pipe_->to_server.empty() || pipe_->client_finished || pipe_->client_gone; }
  bool may_write() const override { return pipe_->room > 0; }
  PeerState peer() const override {
    if (pipe_->client_gone) return PeerState::gone;
    return pipe_->client_finished ? PeerState::finished : PeerState::open;
  }
  void on_ready(std::function<void()> ready) override { pipe_->ready = std::move(ready); }
  void shutdown_write() override { pipe_->server_finished = true; }
  void reset_on_close() override {}

 private:
  bool fails() {
    if (++pipe_->operations != pipe_->fail_at) return false;
    pipe_->client_gone = true;
    return true;
  }

  std::shared_ptr<MemoryPipe> pipe_;
};

}  // namespace kismet::test
