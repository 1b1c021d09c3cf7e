#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "httpd/byte_stream.h"

struct ssl_ctx_st;

namespace kismet {

struct TlsSettings {
  std::string certificate;  // httpd_ssl_cert: PEM file of the certificate and, after it, what it was signed with.
  std::string key;          // httpd_ssl_key: PEM file of its key; empty: the key is in the same file.
  std::string client_ca = {};  // PEM file of what clients' certificates must be signed with; empty asks them for none.
};

/// What a listener needs to speak TLS 1.2 and 1.3: a certificate, its key, and the rules. Loading again serves new
/// connections and leaves those that are there.
/// Thread rule: all members are safe everywhere. Owned by the composition root; outlives the server.
class TlsContext {
 public:
  TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  struct Loaded {
    std::string error;                 // For people; not empty: what was loaded before stays in use.
    std::vector<std::string> remarks;  // For people: it works, but.
  };
  /// Reads certificate and key. Blocks.
  Loaded load(const TlsSettings& settings);
  bool loaded() const;

  /// Speaks TLS over `below`, with what is loaded now; a stream that is broken if there is nothing.
  std::unique_ptr<ByteStream> wrap(std::unique_ptr<ByteStream> below) const;
  /// For HttpServer::listen().
  StreamWrapper wrapper() const;

 private:
  using Shared = std::shared_ptr<ssl_ctx_st>;
  Shared current() const;

  mutable std::mutex mutex_;
  Shared context_;  // Under mutex_. Connections hold what they were made with.
};

}  // namespace kismet
