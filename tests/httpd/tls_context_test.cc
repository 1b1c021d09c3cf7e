#include "httpd/tls_context.h"

#include <catch2/catch.hpp>

#include "tests/httpd/certificates.h"
#include "tests/httpd/server_fixture.h"
#include "tests/httpd/tls_client.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

/// A folder with a good pair, "cert" and "key".
struct Files {
  Files() {
    folder.write("cert", pair.certificate);
    folder.write("key", pair.key);
    ::chmod(folder.file("key").c_str(), 0600);
  }
  TlsContext::Loaded load(TlsContext& context, const std::string& cert = "cert", const std::string& key = "key") const {
    return context.load({folder.file(cert), key.empty() ? "" : folder.file(key)});
  }
  std::string error(const std::string& cert, const std::string& key) const {
    TlsContext context;
    return load(context, cert, key).error;
  }

  TemporaryFolder folder;
  Certificate pair = make_certificate();
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A web server that speaks TLS.
struct SecureServer {
  explicit SecureServer(std::size_t loops = 1) {
    const TlsContext::Loaded loaded = files.load(context);
    if (!loaded.error.empty()) throw std::runtime_error(loaded.error);
    server = std::make_unique<test::ServerFixture>(HttpdSettings{}, loops, context.wrapper());
  }
  std::uint16_t port() const { return server->port(); }

  Files files;
  TlsContext context;
  std::unique_ptr<test::ServerFixture> server;
};

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("a good pair is loaded, from two files and from one") {
  Files files;
  TlsContext context;
  CHECK_FALSE(context.loaded());
  const TlsContext::Loaded loaded = files.load(context);
  CHECK(loaded.error.empty());
  CHECK(loaded.remarks.empty());
  CHECK(context.loaded());
  files.folder.write("both", files.pair.certificate + files.pair.key);
  CHECK(files.error("both", "").empty());
  files.folder.write("both", files.pair.key + files.pair.certificate);
  CHECK(files.error("both", "").empty());
  files.folder.write("chain", files.pair.certificate + make_certificate("authority").certificate);
  CHECK(files.error("chain", "key").empty());
}

TEST_CASE("a bad pair is refused with the file's name and the reason") {
  Files files;
  const Certificate weak = make_certificate("localhost", -60, 3600, 1024);
  files.folder.write("empty", "");
  files.folder.write("text", "not PEM");
  files.folder.write("cut", files.pair.certificate.substr(0, 200));
  files.folder.write("other-key", make_certificate().key);
  files.folder.write("locked", make_certificate("localhost", -60, 3600, 0, "passphrase").key);
  files.folder.write("weak", weak.certificate + weak.key);
  files.folder.write("cut-chain", files.pair.certificate + files.pair.certificate.substr(0, 300));
  CHECK(has(files.error("none", "key"), "none: No such file"));
  CHECK(has(files.error("cert", "none"), "none: No such file"));
  CHECK(has(files.error("", "key"), "directory"));
  CHECK(has(files.error("empty", "key"), "empty holds no certificate"));
  CHECK(has(files.error("text", "key"), "text holds no certificate"));
  CHECK(has(files.error("cut", "key"), "cut holds no certificate"));
  CHECK(has(files.error("key", "key"), "key holds no certificate"));
  CHECK(has(files.error("cert", "cert"), "cert holds no private key"));
  CHECK(has(files.error("cert", "text"), "text holds no private key"));
  CHECK(has(files.error("cert", "other-key"), "other-key is not the key of the certificate in"));
  CHECK(has(files.error("cert", "locked"), "passphrase"));
  CHECK(has(files.error("weak", ""), "too small"));
  CHECK(has(files.error("cut-chain", "key"), "chain"));
}

TEST_CASE("a pair that works, but, is remarked on") {
  Files files;
  const auto remarks = [&](const Certificate& pair) {
    files.folder.write("both", pair.certificate + pair.key);
    TlsContext context;
    const TlsContext::Loaded loaded = files.load(context, "both", "");
    CHECK(loaded.error.empty());
    std::string all;
    for (const std::string& remark : loaded.remarks) all += remark + "\n";
    return all;
  };
  CHECK(has(remarks(make_certificate("localhost", -7200, -3600)), "has expired"));
  CHECK(has(remarks(make_certificate("localhost", -7200, 3600)), "expires within two weeks"));
  CHECK(has(remarks(make_certificate("localhost", 3600, 365L * 24 * 3600)), "not valid yet"));
  ::chmod(files.folder.file("both").c_str(), 0644);
  CHECK(has(remarks(make_certificate()), "can be read by everybody"));
}

TEST_CASE("requests are answered over TLS 1.2 and 1.3, and over nothing older") {
  SecureServer server;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version);
    REQUIRE(client.connected());
    CHECK(client.version() == version);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(client.send(kHello));
      CHECK(client.read_answer().starts_with("HTTP/1.1 200"));
    }
  }
  CHECK_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
  CHECK_FALSE(TlsClient(server.port(), TLS1_VERSION).connected());
}

TEST_CASE("a large answer arrives whole over TLS, also by a client that reads slowly, and ends in order") {
  SecureServer server;
  TlsClient client(server.port());
  REQUIRE(client.send("GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  std::size_t size = 0;
  std::string tail;
  for (;;) {
    const std::string piece = client.read(100'000);
    if (piece.empty()) break;
    size += piece.size();
    tail = (tail + piece).substr((tail + piece).size() - 5);
  }
  CHECK(size > 16 * 1024 * 1024);
  CHECK(tail == "0\r\n\r\n");
}

TEST_CASE("pipelined requests over TLS are answered in order") {
  SecureServer server;
  TlsClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += kHello;
  REQUIRE(client.send(requests));
  for (int i = 0; i < 50; ++i) CHECK(client.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a reloaded certificate serves new connections, and the old ones go on") {
  SecureServer server;
  TlsClient old(server.port());
  REQUIRE(old.connected());
  const Certificate fresh = make_certificate("fresh");
  server.files.folder.write("cert", fresh.certificate);
  CHECK_FALSE(server.files.load(server.context).error.empty());  // The new certificate, with the old key.
  CHECK(TlsClient(server.port()).certificate() == server.files.pair.certificate);
  server.files.folder.write("key", fresh.key);
  CHECK(server.files.load(server.context).error.empty());
  CHECK(TlsClient(server.port()).certificate() == fresh.certificate);
  REQUIRE(old.send(kHello));
  CHECK(old.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a client that speaks plain HTTP to a TLS port is told so") {
  SecureServer server;
  test::RawClient client(server.port());
  const test::RawAnswer answer = client.ask(kHello);
  CHECK(answer.status == 400);
  CHECK(has(answer.body, "https://"));
  CHECK(client.is_closed());
}

TEST_CASE("clients that send garbage, or nothing, or leave in the handshake, cost nobody else anything") {
  SecureServer server(2);
  std::vector<std::unique_ptr<test::RawClient>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<test::RawClient>(server.port()));
  for (int i = 0; i < 50; ++i) {
    test::RawClient client(server.port());
    client.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + std::string(static_cast<std::size_t>(i) * 20, 'x'));
    if (i % 2 == 0) client.reset();
  }
  TlsClient client(server.port());
  REQUIRE(client.send(kHello));
  CHECK(client.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a client that says goodbye is answered with goodbye") {
  SecureServer server;
  TlsClient client(server.port());
  REQUIRE(client.send("GET /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"));  // Refused: closes.
  CHECK(client.read_answer().starts_with("HTTP/1.1 404"));
  CHECK(client.was_ended_in_order());
}

TEST_CASE("four loops and many clients share one certificate while it is reloaded") {
  SecureServer server(4);
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        for (int j = 0; j < 25; ++j) {
          TlsClient client(server.port());
          if (client.send(kHello) && client.read_answer().starts_with("HTTP/1.1 200")) ++answered;
        }
      });
    }
    for (int i = 0; i < 50; ++i) server.files.load(server.context);
  }
  CHECK(answered == 100);
}
