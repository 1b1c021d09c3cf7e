#include "httpd/listen_address.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "base/make_folder.h"

namespace kismet {

namespace ip = boost::asio::ip;

namespace {

constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr mode_t kFolderMode = 0755;
constexpr ::uid_t kNobodyElse = static_cast<::uid_t>(-1);  // To chown(): leave it.

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

/// Of several programs that start at once, one at a time looks whether a socket is left over; as far as that can be had
/// in a while, since others may lock a folder as well.
void take_turn(const UniqueFd& folder) {
  using namespace std::chrono_literals;
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return;
    if (std::chrono::steady_clock::now() > until) return;
    std::this_thread::sleep_for(10ms);
  }
}

/// Gives the socket's file its owner and permissions. By descriptor: in a folder of somebody else's, a link could have
/// taken its name meanwhile, and root must not change what that points to.
bool hand_over(const ListenAddress& address) {
  const UniqueFd file(::open(address.unix_path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return false;
  if (!S_ISSOCK(about.st_mode) || about.st_uid != ::geteuid()) {
    errno = EEXIST;
    return false;
  }
  if (address.unix_user || address.unix_group) {
    const ::uid_t user = address.unix_user.value_or(kNobodyElse);
    const ::gid_t group = address.unix_group.value_or(static_cast<::gid_t>(kNobodyElse));
    if (::fchownat(file.get(), "", user, group, AT_EMPTY_PATH) != 0) return false;
  }
  return ::chmod(("/proc/self/fd/" + std::to_string(file.get())).c_str(), address.unix_mode) == 0;
}

Listening open_unix(const ListenAddress& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof name.sun_path) return failed(address, "the path is too long");
  address.unix_path.copy(name.sun_path, sizeof name.sun_path - 1);
  Listening result;
  result.socket = UniqueFd(::socket(AF_UNIX, kSocketFlags, 0));
  if (!result.socket) return failed(address, errno);
  const std::string folder = folder_of(address.unix_path);
  std::optional<Owner> owner;
  if (address.unix_user) owner = {*address.unix_user, address.unix_group.value_or(static_cast<::gid_t>(kNobodyElse))};
  if (const auto ec = make_folder(folder, kFolderMode, owner)) return failed(address, ec.value());
  const UniqueFd turn(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (turn) take_turn(turn);
  if (is_left_over(name)) ::unlink(name.sun_path);
  ::fchmod(result.socket.get(), 0);  // Nobody connects before the file has the permissions that were asked for.
  if (::bind(result.socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return failed(address, errno);
  }
  result.file = SocketFile(address.unix_path);
  if (!hand_over(address) || ::listen(result.socket.get(), SOMAXCONN) != 0) return failed(address, errno);
  return result;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)), identity_(identity_of(path_)) {}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), identity_(other.identity_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  identity_ = other.identity_;
  return *this;
}

SocketFile::Identity SocketFile::identity_of(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &found) != 0) return {};
  return {(std::uint64_t{found.stx_dev_major} << 32U) | found.stx_dev_minor, found.stx_ino,
          static_cast<std::uint64_t>(found.stx_btime.tv_sec), found.stx_btime.tv_nsec};
}

void SocketFile::remove() {
  if (!path_.empty() && identity_of(path_) == identity_) ::unlink(path_.c_str());
  path_.clear();
}

std::string to_string(const ListenAddress& address) {
  if (!address.unix_path.empty()) return "unix:" + address.unix_path;
  const bool v6 = address.address.find(':') != std::string::npos;
  return (v6 ? "[" + address.address + "]" : address.address) + ":" + std::to_string(address.port);
}

Listening open_listener(const ListenAddress& address) {
  return address.unix_path.empty() ? open_tcp(address) : open_unix(address);
}

}  // namespace kismet
