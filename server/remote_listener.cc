#include "server/remote_listener.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "httpd/accept_error.h"
#include "httpd/socket_stream.h"
#include "server/stream_transport.h"

namespace kismet {

namespace {

constexpr int kAcceptsATurn = 16;
constexpr std::chrono::milliseconds kPause{100};  // After accepting failed.

std::string text_of(const sockaddr_storage& storage, socklen_t size) {
  net::ip::tcp::endpoint endpoint;
  if (size > endpoint.capacity()) return "somewhere";
  std::memcpy(endpoint.data(), &storage, size);
  endpoint.resize(size);
  const bool v6 = endpoint.address().is_v6();
  const std::string address = endpoint.address().to_string();
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

}  // namespace

RemoteListener::RemoteListener(RemoteDoor& door, MessageBus& messages, Poller& poller, UniqueFd socket,
                               StreamWrapper wrap)
    : door_(door),
      messages_(messages),
      wrap_(std::move(wrap)),
      poller_(poller),
      socket_(std::move(socket)),
      again_(door.loop().deadlines(), [this] { accept_some(); }),
      watch_(std::make_unique<Poller::Watch>(poller_, socket_.get())) {
  if (watch_->broken) messages_.error("helpers cannot connect: " + std::string(std::strerror(errno)));
  watch_->ready = [this] {
    if (!again_.is_set()) accept_some();
  };
  again_.set(std::chrono::nanoseconds::zero());
}

void RemoteListener::close() {
  again_.clear();
  watch_.reset();
  socket_.reset();
}

void RemoteListener::accept_some() {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd socket(
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      in_trouble_ = false;
      take(std::move(socket), text_of(storage, size));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (!is_of_one_connection(errno)) {
      if (!std::exchange(in_trouble_, true)) {
        messages_.error("cannot accept connections of helpers: " + std::string(std::strerror(errno)));
      }
      again_.set(kPause);
      return;
    }
  }
  again_.set(std::chrono::nanoseconds::zero());  // Others have their turn.
}

void RemoteListener::take(UniqueFd socket, std::string peer) {
  RemoteConnection connection;
  connection.kind = wrap_ ? "tls" : "tcp";
  connection.peer = std::move(peer);
  if (!door_.has_room()) return door_.refused(connection.text(), "too many have not said who they are");
  std::unique_ptr<ByteStream> stream = std::make_unique<SocketStream>(poller_, std::move(socket));
  if (wrap_) stream = wrap_(std::move(stream));
  connection.transport = std::make_unique<StreamTransport>(door_.loop().get_executor(), std::move(stream));
  door_.enter(std::move(connection));
}

}  // namespace kismet
