#include "httpd/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "httpd/accept_error.h"

namespace kismet {

namespace ip = boost::asio::ip;

namespace {

constexpr int kAcceptsATurn = 64;
constexpr int kTurnedAwayATurn = 64;
constexpr int kReadsOfTurnedAway = 16;  // Of 4 KiB: one that sends on must not keep the loop.
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nServer: Kismet\r\nRetry-After: 1\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n"
    "Connection: close\r\nContent-Length: 63\r\n\r\n503 Service Unavailable: There are too many connections; wait.\n";

UniqueFd open_reserve() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

ip::address address_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ip::address_v6(bytes, v6.sin6_scope_id);
  }
  return {};
}

std::optional<::uid_t> user_behind(int descriptor) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
  return who.uid;
}

}  // namespace

Listener::Listener(Loop& loop, Poller& poller, UniqueFd socket, const HttpdContext& context, OnAccept on_accept)
    : loop_(loop),
      context_(context),
      on_accept_(std::move(on_accept)),
      socket_(std::move(socket)),
      reserve_(open_reserve()),
      again_(loop.deadlines(), [this] { accept_some(); }),
      watch_(poller, socket_.get()) {
  if (watch_.broken) throw std::system_error(errno, std::system_category(), "cannot watch a listening socket");
}

void Listener::start() {
  watch_.ready = [this] {
    if (!again_.is_set()) accept_some();
  };
  accept_some();
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    PeerAddress peer;
    UniqueFd socket(accept_one(peer));
    if (socket) {
      in_trouble_ = false;
      on_accept_(std::move(socket), peer);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (!is_of_one_connection(errno)) {
      cannot_accept(errno);
      return;
    }
  }
  again_.set(std::chrono::nanoseconds::zero());  // Others have their turn.
}

int Listener::accept_one(PeerAddress& peer) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const int descriptor =
      ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return descriptor;
  peer.unix_socket = storage.ss_family == AF_UNIX || size == 0;
  if (peer.unix_socket) {
    peer.user = user_behind(descriptor);
  } else {
    peer.peer = address_of(storage);
    size = sizeof storage;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) == 0) peer.local = address_of(storage);
  }
  return descriptor;
}

void Listener::cannot_accept(int error) {
  if (!in_trouble_ && context_.hooks.trouble) {
    context_.hooks.trouble("cannot accept web connections: " + std::string(std::strerror(error)));
  }
  in_trouble_ = true;
  answer_from_reserve();
  again_.set(context_.settings.accept_pause);
}

void Listener::answer_from_reserve() {
  for (int i = 0; i < kTurnedAwayATurn; ++i) {
    if (!reserve_) reserve_ = open_reserve();
    if (!reserve_) return;
    reserve_.reset();
    PeerAddress peer;
    UniqueFd socket(accept_one(peer));
    if (!socket) break;
    turn_away(std::move(socket));
  }
  reserve_ = open_reserve();
}

void turn_away(UniqueFd socket) {
  ::send(socket.get(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(socket.get(), SHUT_WR);
  // Closing with bytes unread would be a reset, which can overtake the answer.
  std::array<char, 4096> unread;
  for (int reads = 0; reads < kReadsOfTurnedAway; ++reads) {
    const ssize_t count = ::recv(socket.get(), unread.data(), unread.size(), MSG_DONTWAIT);
    if (count < static_cast<ssize_t>(unread.size())) break;
  }
}

}  // namespace kismet
