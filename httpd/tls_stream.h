#pragma once

#include <array>
#include <memory>
#include <string>

#include "httpd/byte_stream.h"

struct ssl_st;
struct bio_st;
struct bio_method_st;

namespace kismet {

/// TLS over another stream, the server's side. The handshake takes place while the connection reads its first request.
/// A write is counted once what it was encrypted to has been taken by the stream below, so that a connection may be
/// closed when its last write is done; who was told would_block must go on with the same bytes, as ResponseWriter does.
/// Thread rule and ownership: ByteStream's.
class TlsStream final : public ByteStream {
 public:
  /// `ssl` is fresh, and owned from here on.
  TlsStream(std::unique_ptr<ByteStream> below, ssl_st* ssl);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Result read_some(std::span<char> into) override;
  Result write_some(std::span<const net::const_buffer> from) override;
  bool may_read() const override;
  bool may_write() const override;
  PeerState peer() const override;
  void on_ready(std::function<void()> ready) override { ready_ = std::move(ready); }
  void shutdown_write() override;
  void reset_on_close() override { below_->reset_on_close(); }
  bool secure() const override { return true; }
  std::vector<std::string> peer_names() const override;

 private:
  struct Bio;
  struct Plain;
  void pump();
  bool flush();
  bool encrypt(const char* bytes, std::size_t size);
  bool accept_ahead(Plain& plain, std::size_t& written);
  void remember_ahead(const char* bytes, std::size_t size);
  Result read_failure(int returned);
  void end();

  std::unique_ptr<ByteStream> below_;
  ssl_st* ssl_;
  std::function<void()> ready_;
  std::string out_;                  // Encrypted, not yet taken by the stream below.
  std::size_t out_begin_ = 0;        // What of it has been taken.
  std::size_t ahead_ = 0;            // Bytes that are in out_, or were, while their writer was told would_block.
  std::array<char, 32> ahead_text_;  // These bytes, if ahead_known_: few are compared.
  bool ahead_known_ = false;
  bool more_ = false;  // Decrypted bytes may be waiting inside ssl_.
  bool below_ended_ = false;
  bool finished_ = false;  // The peer has said that it sends no more.
  bool broken_ = false;
  enum class Half : std::uint8_t { open, ending, ended } ours_ = Half::open;  // It ends once out_ is empty.
};

}  // namespace kismet
