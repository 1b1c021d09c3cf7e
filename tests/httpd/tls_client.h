#pragma once

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "tests/httpd/certificates.h"

namespace kismet::testing {

/// A TLS client on 127.0.0.1 that waits at most ten seconds for anything. Trusts everybody.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context_, 0);  // So that old versions are the server's to refuse.
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context_, version);
      SSL_CTX_set_max_proto_version(context_, version);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.get());
    connected_ = SSL_connect(ssl_) == 1;
    ERR_clear_error();
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  int version() const { return SSL_version(ssl_); }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }
  /// Reads until `count` bytes have come, or the other side has ended.
  std::string read(std::size_t count) {
    std::string text;
    char piece[16384];
    while (text.size() < count) {
      const int got = SSL_read(ssl_, piece, static_cast<int>(std::min(sizeof piece, count - text.size())));
      if (got <= 0) break;
      text.append(piece, static_cast<std::size_t>(got));
    }
    ERR_clear_error();
    return text;
  }
  /// A head, and the body that its Content-Length promises.
  std::string read_answer() {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      const std::string more = read(1);
      if (more.empty()) return text;
      text += more;
    }
    const std::size_t at = text.find("Content-Length: ");
    return at == std::string::npos ? text : text + read(std::stoul(text.substr(at + 16)));
  }
  /// The other side's certificate, as PEM.
  std::string certificate() const {
    X509* const shown = SSL_get1_peer_certificate(ssl_);
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, shown);
    X509_free(shown);
    return text_of(bio);
  }
  void say_goodbye() { SSL_shutdown(ssl_); }
  /// The other side ended in order, with close_notify.
  bool was_ended_in_order() {
    char byte;
    const int got = SSL_read(ssl_, &byte, 1);
    const bool in_order = got <= 0 && SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return in_order;
  }

 private:
  UniqueFd socket_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

}  // namespace kismet::testing
