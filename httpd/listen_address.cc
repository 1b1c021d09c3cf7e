#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "httpd/listener.h"

namespace kismet {

namespace ip = boost::asio::ip;

namespace {

constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

Listening failed(const ListenAddress& address, std::string_view what) {
  Listening result;
  result.error = "cannot listen on " + to_string(address) + ": " + std::string(what);
  return result;
}

Listening failed(const ListenAddress& address, int error) {
  return failed(address, std::strerror(error));
}

void set_option(const UniqueFd& socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket.get(), level, option, &on, sizeof on);
}

Listening open_tcp(const ListenAddress& address) {
  boost::system::error_code ec;
  const ip::address ip_address = ip::make_address(address.address, ec);
  if (ec) return failed(address, "this is no IPv4 or IPv6 address");
  const ip::tcp::endpoint endpoint(ip_address, address.port);
  Listening result;
  result.socket = UniqueFd(::socket(ip_address.is_v6() ? AF_INET6 : AF_INET, kSocketFlags, 0));
  if (!result.socket) return failed(address, errno);
  set_option(result.socket, SOL_SOCKET, SO_REUSEADDR);
  set_option(result.socket, IPPROTO_TCP, TCP_NODELAY);  // What is accepted has it too.
  if (ip_address.is_v6()) set_option(result.socket, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(result.socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(result.socket.get(), SOMAXCONN) != 0) {
    return failed(address, errno);
  }
  ip::tcp::endpoint actual;
  socklen_t size = static_cast<socklen_t>(actual.capacity());
  if (::getsockname(result.socket.get(), actual.data(), &size) != 0) return failed(address, errno);
  result.port = actual.port();
  return result;
}

/// Whether the socket file at `name` is one that nobody listens on any more.
bool is_left_over(const sockaddr_un& name) {
  struct stat file {};
  if (::lstat(name.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const UniqueFd probe(::socket(AF_UNIX, kSocketFlags, 0));
  if (!probe) return false;
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 && errno == ECONNREFUSED;
}

Listening open_unix(const ListenAddress& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof name.sun_path) return failed(address, "the path is too long");
  address.unix_path.copy(name.sun_path, sizeof name.sun_path - 1);
  Listening result;
  result.socket = UniqueFd(::socket(AF_UNIX, kSocketFlags, 0));
  if (!result.socket) return failed(address, errno);
  if (is_left_over(name)) ::unlink(name.sun_path);
  // Nobody connects before the file has the permissions that were asked for.
  const mode_t before = ::umask(0777);
  const int bound = ::bind(result.socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return failed(address, error);
  if (::chmod(name.sun_path, address.unix_mode) != 0 || ::listen(result.socket.get(), SOMAXCONN) != 0) {
    return failed(address, errno);
  }
  return result;
}

}  // namespace

std::string to_string(const ListenAddress& address) {
  if (!address.unix_path.empty()) return "unix:" + address.unix_path;
  const bool v6 = address.address.find(':') != std::string::npos;
  return (v6 ? "[" + address.address + "]" : address.address) + ":" + std::to_string(address.port);
}

Listening open_listener(const ListenAddress& address) {
  return address.unix_path.empty() ? open_tcp(address) : open_unix(address);
}

}  // namespace kismet
