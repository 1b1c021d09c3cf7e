#include "httpd/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "httpd/tls_stream.h"

namespace kismet {

namespace {

constexpr std::size_t kFileLimit = 1024 * 1024;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

/// OpenSSL's last reason, in its words.
std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

BioPtr memory_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Nobody is there to type one.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, kOurs, sizeof kOurs, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

ContextPtr make_context() {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return context;
  SSL_CTX* const ctx = context.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // Tickets resume sessions, at no cost of memory here.
  SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>("kismet"), 6);
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
  return context;
}

std::string use_certificates(SSL_CTX* context, const std::string& path, const std::string& pem, CertificatePtr& leaf) {
  const BioPtr bio = memory_of(pem);
  leaf.reset(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!leaf) return path + " holds no certificate in PEM form (" + last_reason() + ")";
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return path + ": the certificate cannot be used: " + last_reason();
  for (;;) {
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1)
      return path + ": a certificate of the chain cannot be used: " + last_reason();
    (void)next.release();
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = last_reason();
  return at_end ? "" : path + ": a certificate of the chain is damaged: " + reason;
}

std::string use_key(SSL_CTX* context, const std::string& path, const std::string& pem, X509* leaf,
                    const std::string& certificate_path) {
  bool asked = false;
  const KeyPtr key(PEM_read_bio_PrivateKey(memory_of(pem).get(), nullptr, no_passphrase, &asked));
  if (asked) return path + ": the key is protected by a passphrase, which the daemon cannot ask for";
  if (!key) return path + " holds no private key in PEM form (" + last_reason() + ")";
  if (X509_check_private_key(leaf, key.get()) != 1) {
    ERR_clear_error();
    return path + " is not the key of the certificate in " + certificate_path;
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return path + ": the key cannot be used: " + last_reason();
  return {};
}

/// Every client has to show a certificate that is signed with one of those in `pem`.
std::string require_client_certificates(SSL_CTX* context, const std::string& path, const std::string& pem) {
  const BioPtr bio = memory_of(pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  std::size_t count = 0;
  for (;; ++count) {
    const CertificatePtr authority(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!authority) break;
    if (X509_STORE_add_cert(store, authority.get()) != 1) return path + ": cannot be used: " + last_reason();
    SSL_CTX_add_client_CA(context, authority.get());
  }
  const std::string reason = last_reason();
  if (count == 0) return path + " holds no certificate in PEM form (" + reason + ")";
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

std::vector<std::string> remarks_on(const TlsSettings& settings, const std::string& key_path, X509* leaf) {
  std::vector<std::string> remarks;
  std::time_t soon = std::time(nullptr) + 14 * 24 * 3600;
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
    remarks.push_back("the certificate in " + settings.certificate + " has expired");
  } else if (X509_cmp_time(X509_get0_notAfter(leaf), &soon) < 0) {
    remarks.push_back("the certificate in " + settings.certificate + " expires within two weeks");
  }
  if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) {
    remarks.push_back("the certificate in " + settings.certificate + " is not valid yet");
  }
  struct stat about {};
  if (::stat(key_path.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0) {
    remarks.push_back("the key in " + key_path + " can be read by everybody on this machine");
  }
  return remarks;
}

}  // namespace

TlsContext::Loaded TlsContext::load(const TlsSettings& settings) {
  Loaded loaded;
  const std::string& key_path = settings.key.empty() ? settings.certificate : settings.key;
  ERR_clear_error();
  const auto certificate = read_whole_file(settings.certificate, kFileLimit);
  const auto key = read_whole_file(key_path, kFileLimit);
  ContextPtr context = make_context();
  CertificatePtr leaf;
  if (!certificate) {
    loaded.error = settings.certificate + ": " + certificate.error().message();
  } else if (!key) {
    loaded.error = key_path + ": " + key.error().message();
  } else if (!context) {
    loaded.error = "OpenSSL cannot start: " + last_reason();
  }
  if (loaded.error.empty()) loaded.error = use_certificates(context.get(), settings.certificate, *certificate, leaf);
  if (loaded.error.empty()) loaded.error = use_key(context.get(), key_path, *key, leaf.get(), settings.certificate);
  if (loaded.error.empty() && !settings.client_ca.empty()) {
    const auto authorities = read_whole_file(settings.client_ca, kFileLimit);
    loaded.error = authorities ? require_client_certificates(context.get(), settings.client_ca, *authorities)
                               : settings.client_ca + ": " + authorities.error().message();
  }
  if (!loaded.error.empty()) return loaded;
  loaded.remarks = remarks_on(settings, key_path, leaf.get());
  const std::lock_guard lock(mutex_);
  context_ = Shared(std::move(context));
  return loaded;
}

bool TlsContext::loaded() const {
  return current() != nullptr;
}

TlsContext::Shared TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::unique_ptr<ByteStream> TlsContext::wrap(std::unique_ptr<ByteStream> below) const {
  const Shared context = current();  // The connection's SSL holds it from here on.
  return std::make_unique<TlsStream>(std::move(below), context ? SSL_new(context.get()) : nullptr);
}

StreamWrapper TlsContext::wrapper() const {
  return [this](std::unique_ptr<ByteStream> below) { return wrap(std::move(below)); };
}

}  // namespace kismet
