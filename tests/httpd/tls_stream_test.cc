#include "httpd/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include "httpd/tls_context.h"
#include "tests/httpd/certificates.h"
#include "tests/httpd/memory_stream.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using namespace kismet::testing;
using kismet::test::MemoryPipe;
using kismet::test::MemoryStream;

namespace {

const TlsContext& server_context() {
  static const TemporaryFolder folder;
  static TlsContext context;
  static const bool loaded = [] {
    const Certificate pair = make_certificate();
    return context.load({folder.write("both", pair.certificate + pair.key), ""}).error.empty();
  }();
  if (!loaded) throw std::runtime_error("no certificate");
  return context;
}

/// A server's stream, and the client at the other end of the memory below it.
struct Ends {
  Ends() : context(SSL_CTX_new(TLS_client_method())), ssl(SSL_new(context)) {
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    server = server_context().wrap(std::make_unique<MemoryStream>(pipe));
    server->on_ready([this] { ++rings; });
  }
  ~Ends() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }

  /// Lets the client send what it has to send, and take what was sent to it.
  void exchange() {
    char bytes[4096];
    for (int count; (count = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes)) > 0;) {
      pipe->to_server.append(bytes, static_cast<std::size_t>(count));
    }
    BIO_write(SSL_get_rbio(ssl), pipe->to_client.data(), static_cast<int>(pipe->to_client.size()));
    pipe->to_client.clear();
    if (pipe->ready) pipe->ready();
  }
  void client_reads() {
    char bytes[16384];
    for (int count; (count = SSL_read(ssl, bytes, sizeof bytes)) > 0;) {
      client_got.append(bytes, static_cast<std::size_t>(count));
    }
    goodbye = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    ERR_clear_error();
  }
  void client_sends(const std::string& text) {
    if (!text.empty()) SSL_write(ssl, text.data(), static_cast<int>(text.size()));
    ERR_clear_error();
  }
  /// Reads as a connection does: while there may be something.
  boost::system::error_code server_reads() {
    char bytes[1000];
    while (server->may_read()) {
      const ByteStream::Result result = server->read_some(bytes);
      if (!result && result.error() != net::error::would_block) return result.error();
      if (result) server_got.append(bytes, *result);
    }
    return {};
  }
  bool handshake() {
    for (int turn = 0; turn < 20'000 && SSL_is_init_finished(ssl) == 0; ++turn) {
      SSL_do_handshake(ssl);
      ERR_clear_error();
      exchange();
      server_reads();
    }
    for (int turn = 0; turn < 2000; ++turn) {  // The client's last flight, byte by byte.
      exchange();
      server_reads();
    }
    return SSL_is_init_finished(ssl) == 1 && server->may_write();
  }
  /// Writes what is left of `text`, as a ResponseWriter does; false once the stream is broken.
  bool server_writes(std::string_view& text, std::size_t at_once = 100'000) {
    const std::string_view some = text.substr(0, at_once);
    const std::size_t half = some.size() / 2;
    const net::const_buffer pieces[] = {{some.data(), half}, {nullptr, 0}, {some.data() + half, some.size() - half}};
    const ByteStream::Result result = server->write_some(pieces);
    if (result) text.remove_prefix(*result);
    return result.has_value() || result.error() == net::error::would_block;
  }

  std::shared_ptr<MemoryPipe> pipe = std::make_shared<MemoryPipe>();
  SSL_CTX* context;
  SSL* ssl;
  std::unique_ptr<ByteStream> server;
  std::string client_got;
  std::string server_got;
  bool goodbye = false;
  int rings = 0;
};

std::string much_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  return text.substr(0, size);
}

}  // namespace

TEST_CASE("requests and answers pass TLS whole and byte by byte") {
  Ends ends;
  ends.pipe->read_size = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{65536});
  ends.pipe->write_size = GENERATE(std::size_t{1}, std::size_t{65536});
  REQUIRE(ends.handshake());
  CHECK(ends.server->secure());
  ends.client_sends("GET / HTTP/1.1\r\n\r\n");
  ends.exchange();
  CHECK_FALSE(ends.server_reads());
  CHECK(ends.server_got == "GET / HTTP/1.1\r\n\r\n");
  std::string_view answer = "HTTP/1.1 200 OK\r\n\r\n";
  REQUIRE(ends.server_writes(answer));
  CHECK(answer.empty());
  ends.exchange();
  ends.client_reads();
  CHECK(ends.client_got == "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(ends.rings > 0);
}

TEST_CASE("a request of many records is read to its end") {
  Ends ends;
  REQUIRE(ends.handshake());
  const std::string body = much_text(100'000);
  ends.client_sends(body);
  ends.exchange();
  CHECK_FALSE(ends.server_reads());
  CHECK(ends.server_got == body);
}

TEST_CASE("a slow client gets every byte once, however the writer cuts what it repeats") {
  Ends ends;
  REQUIRE(ends.handshake());
  const std::string body = much_text(200'000);
  std::string_view left = body;
  ends.pipe->room = 0;
  std::size_t at_once = 1;
  for (int turn = 0; turn < 100'000 && !left.empty(); ++turn) {
    ends.pipe->room += static_cast<std::size_t>(turn) % 700;
    if (ends.server->may_write()) REQUIRE(ends.server_writes(left, at_once));
    at_once = at_once * 7 % 40'009 + 1;
    ends.exchange();
    ends.client_reads();
  }
  CHECK(left.empty());
  CHECK(ends.client_got == body);
}

TEST_CASE("a write counts only once the stream below has taken all that it became") {
  Ends ends;
  REQUIRE(ends.handshake());
  ends.pipe->room = 100;
  const std::string body = much_text(10'000);
  std::string_view left = body;
  REQUIRE(ends.server_writes(left));
  CHECK(left.size() == body.size());
  CHECK_FALSE(ends.server->may_write());
  ends.pipe->room = 1'000'000;
  ends.exchange();
  CHECK(ends.server->may_write());
  REQUIRE(ends.server_writes(left));
  CHECK(left.empty());
  ends.server.reset();  // Closed at once: nothing may be missing.
  ends.pipe->ready = {};
  ends.exchange();
  ends.client_reads();
  CHECK(ends.client_got == body);
}

TEST_CASE("a writer that goes on with other bytes than those it was told would block breaks the stream, not the data") {
  Ends ends;
  REQUIRE(ends.handshake());
  ends.pipe->room = 5;
  std::string_view probe = "0";
  REQUIRE(ends.server_writes(probe));
  CHECK(probe.size() == 1);
  ends.pipe->room = 1'000'000;
  std::string_view other = "5\r\nhello\r\n";
  CHECK_FALSE(ends.server_writes(other));
  CHECK(ends.server->peer() == PeerState::gone);
}

TEST_CASE("goodbyes pass in both directions, ours after all that was written") {
  Ends ends;
  REQUIRE(ends.handshake());
  ends.pipe->room = 10;
  std::string_view text = "the last words";
  REQUIRE(ends.server_writes(text));
  ends.server->shutdown_write();
  ends.pipe->room = 1'000'000;
  ends.exchange();
  ends.exchange();
  ends.client_reads();
  CHECK(ends.client_got == "the last words");
  CHECK(ends.goodbye);
  CHECK(ends.pipe->server_finished);
  SSL_shutdown(ends.ssl);
  ends.exchange();
  CHECK(ends.server_reads() == net::error::eof);
  CHECK(ends.server->peer() == PeerState::finished);
  CHECK_FALSE(ends.server->may_read());
}

TEST_CASE("a client that leaves within the handshake has ended") {
  Ends ends;
  ends.pipe->client_finished = true;
  CHECK(ends.server_reads() == net::error::eof);
  CHECK(ends.server->peer() == PeerState::finished);
  CHECK_FALSE(ends.server->may_write());
}

TEST_CASE("a client that closes without a goodbye has ended") {
  Ends ends;
  REQUIRE(ends.handshake());
  ends.client_sends("half");
  ends.exchange();
  ends.pipe->client_finished = true;
  CHECK(ends.server_reads() == net::error::eof);
  CHECK(ends.server_got == "half");
}

TEST_CASE("garbage in place of a handshake breaks the stream") {
  Ends ends;
  SECTION("text") {
    ends.pipe->to_server = std::string(100, 'x');
  }
  SECTION("an absurd record") {
    ends.pipe->to_server = std::string("\x16\x03\x01\xFF\xFF", 5) + std::string(70'000, 'x');
  }
  CHECK(ends.server_reads());
  CHECK(ends.server->peer() == PeerState::gone);
  CHECK_FALSE(ends.server->may_read());
  std::string_view text = "too late";
  CHECK_FALSE(ends.server_writes(text));
}

TEST_CASE("damaged records after the handshake break the stream, and nothing of them is read") {
  Ends ends;
  REQUIRE(ends.handshake());
  ends.client_sends("GET / HTTP/1.1\r\n\r\n");
  char bytes[4096];
  const int count = BIO_read(SSL_get_wbio(ends.ssl), bytes, sizeof bytes);
  REQUIRE(count > 10);
  bytes[count - 1] = static_cast<char>(bytes[count - 1] ^ 1);
  ends.pipe->to_server.append(bytes, static_cast<std::size_t>(count));
  CHECK(ends.server_reads());
  CHECK(ends.server_got.empty());
}

TEST_CASE("wherever the stream below fails, TLS ends without more") {
  for (std::size_t fail_at = 1; fail_at < 60; ++fail_at) {
    Ends ends;
    ends.pipe->fail_at = fail_at;
    ends.pipe->read_size = 300;
    if (ends.handshake()) {
      const std::string body = much_text(50'000);
      std::string_view left = body;
      ends.client_sends("GET / HTTP/1.1\r\n\r\n");
      ends.exchange();
      ends.server_reads();
      for (int turn = 0; turn < 50 && ends.server_writes(left, 5000) && !left.empty(); ++turn) ends.exchange();
      ends.server->shutdown_write();
    }
    if (ends.pipe->client_gone) CHECK(ends.server->peer() == PeerState::gone);
  }
}

TEST_CASE("without a certificate a stream is broken from the start") {
  const TlsContext none;
  auto pipe = std::make_shared<MemoryPipe>();
  const std::unique_ptr<ByteStream> stream = none.wrap(std::make_unique<MemoryStream>(pipe));
  CHECK(stream->peer() == PeerState::gone);
  char byte;
  CHECK_FALSE(stream->read_some({&byte, 1}));
}
