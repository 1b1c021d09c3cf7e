#include "httpd/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstring>

namespace kismet {

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // Plain bytes that one record holds at the most.
constexpr std::size_t kKept = 4 * 1024;     // Bytes of out_'s memory that an idle connection may keep.

constexpr std::string_view kSpeakTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    "Content-Length: 52\r\n\r\nThis port speaks TLS; use https:// in the address.\r\n";
static_assert(kSpeakTls.size() - kSpeakTls.find("\r\n\r\n") - 4 == 52);

boost::system::error_code error(net::error::basic_errors code) {
  return code;
}

}  // namespace

/// OpenSSL's view of the stream below.
struct TlsStream::Bio {
  static TlsStream& of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    TlsStream& stream = of(bio);
    const Result result = stream.below_->read_some({into, size});
    if (result) {
      *count = *result;
      return 1;
    }
    if (result.error() == net::error::would_block) BIO_set_retry_read(bio);
    stream.below_ended_ = stream.below_ended_ || result.error() == net::error::eof;
    return 0;
  }

  /// Takes everything: what the stream below does not take waits in out_.
  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
    TlsStream& stream = of(bio);
    *count = size;
    if (stream.out_.empty()) {
      const net::const_buffer piece(bytes, size);
      const Result sent = stream.below_->write_some({&piece, 1});
      if (!sent && sent.error() != net::error::would_block) return 0;
      const std::size_t taken = sent ? *sent : 0;
      bytes += taken;
      size -= taken;
    }
    stream.out_.append(bytes, size);
    return 1;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return of(bio).below_ended_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "byte stream");
      BIO_meth_set_read_ex(fresh, read);
      BIO_meth_set_write_ex(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      return fresh;
    }();
    return made;
  }
};

/// The pieces of a write, one after the other.
struct TlsStream::Plain {
  std::span<const net::const_buffer> pieces;
  std::size_t offset = 0;  // In the first of them.

  bool empty() {
    while (!pieces.empty() && offset == pieces.front().size()) {
      pieces = pieces.subspan(1);
      offset = 0;
    }
    return pieces.empty();
  }
  const char* data() const { return static_cast<const char*>(pieces.front().data()) + offset; }
  std::size_t size() const { return pieces.front().size() - offset; }
  /// The next record's worth: in place if it is one piece, else gathered in `space`.
  std::string_view next(std::array<char, kRecord>& space) {
    if (empty()) return {};
    if (pieces.size() == 1 || size() >= kRecord) {
      const std::string_view record(data(), std::min(size(), kRecord));
      offset += record.size();
      return record;
    }
    std::size_t count = 0;
    while (count < kRecord && !empty()) {
      const std::size_t part = std::min(size(), kRecord - count);
      std::memcpy(space.data() + count, data(), part);
      offset += part;
      count += part;
    }
    return {space.data(), count};
  }
};

TlsStream::TlsStream(std::unique_ptr<ByteStream> below, SSL* ssl) : below_(std::move(below)), ssl_(ssl) {
  BIO* bio = BIO_new(Bio::method());
  broken_ = bio == nullptr || ssl_ == nullptr;
  if (!broken_) {
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
  } else {
    BIO_free(bio);
  }
  below_->on_ready([this] { pump(); });
}

TlsStream::~TlsStream() {
  SSL_free(ssl_);
}

void TlsStream::pump() {
  flush();
  if (ready_) ready_();
}

/// False: the stream below has not taken everything.
bool TlsStream::flush() {
  while (!out_.empty() && !broken_) {
    const net::const_buffer piece(out_.data() + out_begin_, out_.size() - out_begin_);
    const Result sent = below_->write_some({&piece, 1});
    if (!sent && sent.error() == net::error::would_block) return false;
    if (!sent) {
      broken_ = true;
      break;
    }
    out_begin_ += *sent;
    if (out_begin_ < out_.size()) continue;
    out_.clear();
    out_begin_ = 0;
    if (out_.capacity() > kKept) out_.shrink_to_fit();
  }
  if (!broken_ && ours_ == Half::ending) end();
  return !broken_;
}

ByteStream::Result TlsStream::read_some(std::span<char> into) {
  if (broken_) return error(net::error::connection_reset);
  if (finished_) return boost::system::error_code(net::error::eof);
  ERR_clear_error();
  std::size_t count = 0;
  const int returned = SSL_read_ex(ssl_, into.data(), into.size(), &count);
  if (returned != 1) return read_failure(returned);
  more_ = SSL_has_pending(ssl_) == 1;
  return count;
}

ByteStream::Result TlsStream::read_failure(int returned) {
  more_ = false;
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return error(net::error::would_block);
    case SSL_ERROR_ZERO_RETURN:
      finished_ = true;
      return boost::system::error_code(net::error::eof);
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    const net::const_buffer piece(kSpeakTls.data(), kSpeakTls.size());
    (void)below_->write_some({&piece, 1});
    below_->shutdown_write();
  }
  ERR_clear_error();
  broken_ = true;
  return error(net::error::connection_aborted);
}

/// Everything that encrypting makes goes to out_, so that it never wants anything.
bool TlsStream::encrypt(const char* bytes, std::size_t size) {
  ERR_clear_error();
  std::size_t written = 0;
  if (SSL_write_ex(ssl_, bytes, size, &written) == 1 && written == size) return true;
  ERR_clear_error();
  broken_ = true;
  return false;
}

void TlsStream::remember_ahead(const char* bytes, std::size_t size) {
  ahead_ = size;
  ahead_known_ = size <= ahead_text_.size();
  if (ahead_known_) std::memcpy(ahead_text_.data(), bytes, size);
}

/// What was encrypted when its writer was told would_block counts as written now. False: these are other bytes, which
/// cannot be helped any more.
bool TlsStream::accept_ahead(Plain& plain, std::size_t& written) {
  std::size_t at = 0;
  while (at < ahead_ && !plain.empty()) {
    const std::size_t part = std::min(plain.size(), ahead_ - at);
    if (ahead_known_ && std::memcmp(plain.data(), ahead_text_.data() + at, part) != 0) return false;
    plain.offset += part;
    at += part;
  }
  written += at;
  ahead_ -= at;
  if (ahead_known_) std::memmove(ahead_text_.data(), ahead_text_.data() + at, ahead_);
  return true;
}

ByteStream::Result TlsStream::write_some(std::span<const net::const_buffer> from) {
  if (broken_ || ours_ != Half::open) return error(net::error::broken_pipe);
  if (!flush()) return broken_ ? error(net::error::broken_pipe) : error(net::error::would_block);
  if (SSL_is_init_finished(ssl_) == 0) return error(net::error::would_block);
  Plain plain{from};
  std::size_t written = 0;
  if (ahead_ > 0 && !accept_ahead(plain, written)) {
    broken_ = true;
    return error(net::error::broken_pipe);
  }
  std::array<char, kRecord> space;
  while (ahead_ == 0 && below_->may_write() && !plain.empty()) {
    const std::string_view record = plain.next(space);
    if (!encrypt(record.data(), record.size())) return error(net::error::broken_pipe);
    if (!flush()) {
      if (broken_) return error(net::error::broken_pipe);
      remember_ahead(record.data(), record.size());
      break;
    }
    written += record.size();
  }
  if (written == 0 && !Plain{from}.empty()) return error(net::error::would_block);
  return written;
}

std::vector<std::string> TlsStream::peer_names() const {
  std::vector<std::string> names;
  const auto add = [&names](const ASN1_STRING* text) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, text);
    if (size < 0) return;
    names.emplace_back(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
  };
  const X509* const certificate = broken_ ? nullptr : SSL_get0_peer_certificate(ssl_);
  if (!certificate) return names;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  }
  auto* const others =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(others); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(others, i);
    if (name->type == GEN_DNS) add(name->d.dNSName);
  }
  GENERAL_NAMES_free(others);
  return names;
}

bool TlsStream::may_read() const {
  return !broken_ && !finished_ && (more_ || below_->may_read());
}

bool TlsStream::may_write() const {
  return broken_ || (below_->may_write() && SSL_is_init_finished(ssl_) == 1);
}

PeerState TlsStream::peer() const {
  const PeerState state = below_->peer();
  if (broken_ || state == PeerState::gone) return PeerState::gone;
  return finished_ ? PeerState::finished : state;
}

void TlsStream::shutdown_write() {
  if (ours_ != Half::open) return;
  ours_ = Half::ending;
  flush();
}

void TlsStream::end() {
  ours_ = Half::ended;
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
  ERR_clear_error();
  out_.clear();
  below_->shutdown_write();
}

}  // namespace kismet
