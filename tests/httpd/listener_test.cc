#include "httpd/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tests/httpd/server_fixture.h"

using namespace kismet;
using namespace kismet::test;

namespace {

/// A folder of the test's own.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kismet-listener-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

Listening listen_on(ServerFixture& fixture, const ListenAddress& address) {
  Listening result;
  fixture.on_loop([&] {
    result = fixture.server().listen(address);
    fixture.server().start();
  });
  return result;
}

}  // namespace

TEST_CASE("a server listens on several addresses at once: IPv4, IPv6, a unix socket") {
  ServerFixture fixture;
  const Folder folder;
  const Listening v4 = listen_on(fixture, {.address = "127.0.0.1", .port = 0, .unix_path = {}});
  const Listening v6 = listen_on(fixture, {.address = "::1", .port = 0, .unix_path = {}});
  const std::string path = folder.path + "/web";
  const Listening local = listen_on(fixture, {.address = {}, .port = 0, .unix_path = path, .unix_mode = 0600});
  REQUIRE((v4.error + v6.error + local.error).empty());
  CHECK(v4.port != fixture.port());
  RawClient first(v4.port);
  CHECK(first.ask(get("/hello")).status == 200);
  RawClient second(RawClient::V6{}, v6.port);
  CHECK(second.ask(get("/echo")).body.find("client=::1 loopback=1") != std::string::npos);
  RawClient third(path);
  CHECK(third.ask("GET /echo HTTP/1.1\r\nHost: anything\r\n\r\n")
            .body.find("client=unix:uid=" + std::to_string(::geteuid()) + " loopback=1") != std::string::npos);
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
}

TEST_CASE("an address that cannot be had is refused in words that name it") {
  ServerFixture fixture;
  const Folder folder;
  const auto error = [&](const ListenAddress& address) { return open_listener(address).error; };
  CHECK(error({.address = "127.0.0.1", .port = fixture.port(), .unix_path = {}}) ==
        "cannot listen on 127.0.0.1:" + std::to_string(fixture.port()) + ": Address already in use");
  CHECK(error({.address = "192.0.2.1", .port = 0, .unix_path = {}}) ==
        "cannot listen on 192.0.2.1:0: Cannot assign requested address");
  CHECK(error({.address = "localhost", .port = 0, .unix_path = {}}) ==
        "cannot listen on localhost:0: this is no IPv4 or IPv6 address");
  CHECK(error({.address = {}, .port = 0, .unix_path = folder.path + "/no/such/folder"}) ==
        "cannot listen on unix:" + folder.path + "/no/such/folder: No such file or directory");
  CHECK(error({.address = {}, .port = 0, .unix_path = std::string(200, 'x')}).ends_with("the path is too long"));
}

TEST_CASE("a unix socket that nobody listens on is replaced; one in use, or a file, is not") {
  const Folder folder;
  const ListenAddress address{.address = {}, .port = 0, .unix_path = folder.path + "/web"};
  Listening first = open_listener(address);
  REQUIRE(first.error.empty());
  CHECK(open_listener(address).error.ends_with("Address already in use"));
  first.socket.reset();
  CHECK(open_listener(address).error.empty());
  std::filesystem::remove(address.unix_path);
  std::ofstream(address.unix_path) << "precious";
  CHECK(open_listener(address).error.ends_with("Address already in use"));
  CHECK(std::filesystem::file_size(address.unix_path) == 8);
}

TEST_CASE("the file of a unix socket goes with its listener, but not one that has taken its name") {
  const Folder folder;
  const ListenAddress address{.address = {}, .port = 0, .unix_path = folder.path + "/web"};
  {
    const Listening listening = open_listener(address);
    REQUIRE(listening.error.empty());
    REQUIRE(std::filesystem::is_socket(address.unix_path));
  }
  CHECK_FALSE(std::filesystem::exists(address.unix_path));
  std::optional<Listening> old = open_listener(address);
  std::filesystem::remove(address.unix_path);
  const Listening newer = open_listener(address);
  REQUIRE(newer.error.empty());
  old.reset();
  CHECK(std::filesystem::is_socket(address.unix_path));
}

TEST_CASE("a server that stops takes its socket files away") {
  const Folder folder;
  const std::string path = folder.path + "/web";
  ServerFixture fixture;
  REQUIRE(listen_on(fixture, {.address = {}, .port = 0, .unix_path = path}).error.empty());
  CHECK(std::filesystem::is_socket(path));
  fixture.stop();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the folder of a unix socket is made, and its file has the group that was asked for") {
  const Folder folder;
  const std::string path = folder.path + "/run/web";
  const Listening listening = open_listener(
      {.address = {}, .port = 0, .unix_path = path, .unix_mode = 0600, .unix_user = {}, .unix_group = ::getegid()});
  REQUIRE(listening.error.empty());
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK(file.st_gid == ::getegid());
  CHECK(open_listener({.address = {}, .port = 0, .unix_path = folder.path + "/a/b/web"})
            .error.ends_with("No such file or directory"));
}

TEST_CASE("a listener that would never hear of a client is none") {
  Clock clock;
  Loops loops(clock, 1);
  FakeAuthenticator authenticator;
  Replicated<Router> router(loops, [](Loop&) { return std::make_shared<Router>(); });
  const HttpdContext context({}, router, authenticator, {});
  Poller poller(loops.first());
  UniqueFd unwatchable(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));  // As if there were no memory to watch it.
  CHECK_THROWS_AS(Listener(loops.first(), poller, std::move(unwatchable), context, {}), std::system_error);
}

TEST_CASE("sockets are closed on exec and do not wait to fill packets") {
  const Listening listening = open_listener({.address = "127.0.0.1", .port = 0, .unix_path = {}});
  REQUIRE(listening.error.empty());
  CHECK((::fcntl(listening.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(listening.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  RawClient client(listening.port);
  REQUIRE(client.connected());
  Clock clock;
  Loops loops(clock, 1);
  FakeAuthenticator authenticator;
  Replicated<Router> router(loops, [](Loop&) { return std::make_shared<Router>(); });
  const HttpdContext context({}, router, authenticator, {});
  Poller poller(loops.first());
  int accepted = 0;
  Listener listener(loops.first(), poller, UniqueFd(::dup(listening.socket.get())), context,
                    [&](UniqueFd socket, const PeerAddress& peer) {
                      ++accepted;
                      CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
                      CHECK((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) != 0);
                      int no_delay = 0;
                      socklen_t size = sizeof no_delay;
                      ::getsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
                      CHECK(no_delay != 0);
                      CHECK(peer.peer.is_loopback());
                      CHECK(peer.local.is_loopback());
                    });
  listener.start();
  CHECK(accepted == 1);
}
