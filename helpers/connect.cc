#include "helpers/connect.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "helpers/web_socket.h"

namespace kismet::helper {

namespace {

constexpr std::size_t kHeadLimit = 16 * 1024;  // Bytes of the handshake's answer.
constexpr timeval kPatience{.tv_sec = 15, .tv_usec = 0};

struct Url {
  bool websocket = false;
  std::string host;
  std::string port;
  std::string target = "/external/helper.ws";
};

std::optional<Url> parse(std::string_view text) {
  Url url;
  if (text.starts_with("ws://")) {
    url.websocket = true;
    text.remove_prefix(5);
  } else if (text.starts_with("tcp://")) {
    text.remove_prefix(6);
  } else {
    return std::nullopt;
  }
  const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
  std::string_view place = text.substr(0, slash);
  const std::string_view target = text.substr(slash);
  if (target.starts_with('?')) {
    url.target += target;
  } else if (target.size() > 1) {
    url.target = target;
  }
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == place.size()) return std::nullopt;
  url.port = place.substr(colon + 1);
  place = place.substr(0, colon);
  if (place.starts_with('[') && place.ends_with(']')) place = place.substr(1, place.size() - 2);
  url.host = place;
  return url;
}

/// A connected socket; `fault` says why not.
UniqueFd open_socket(const Url& url, std::string& fault) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int wrong = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); wrong != 0) {
    fault = url.host + ":" + url.port + ": " + ::gai_strerror(wrong);
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  for (const addrinfo* one = all.get(); one; one = one->ai_next) {
    UniqueFd socket(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    if (socket && ::connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return socket;
    }
    fault = url.host + ":" + url.port + ": " + std::strerror(errno);
  }
  return {};
}

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The websocket handshake. `received` becomes what came behind it. Returns what went wrong.
std::string shake_hands(int socket, const Url& url, std::string& received) {
  const std::string key = make_web_socket_key();
  std::string request = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host + ":" + url.port +
                        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                        "\r\nSec-WebSocket-Key: " +
                        key + "\r\n";
  if (const char* api_key = std::getenv("KISMET_API_KEY")) request += "Cookie: KISMET=" + std::string(api_key) + "\r\n";
  if (!write_all(socket, request + "\r\n")) return "cannot be written to";
  std::size_t end = std::string::npos;
  while ((end = received.find("\r\n\r\n")) == std::string::npos) {
    std::array<char, 4096> space;
    const ssize_t count = received.size() < kHeadLimit ? ::recv(socket, space.data(), space.size(), 0) : 0;
    if (count <= 0) return "does not answer as a web server";
    received.append(space.data(), static_cast<std::size_t>(count));
  }
  const std::string head = received.substr(0, end + 2);
  received.erase(0, end + 4);
  if (!head.starts_with("HTTP/1.1 101 ")) return "answers " + head.substr(0, head.find("\r\n"));
  const std::string name = "\r\nsec-websocket-accept: ";
  const std::size_t at = lower(head).find(name);
  const std::string accept = web_socket_accept(key);
  if (at == std::string::npos || head.compare(at + name.size(), accept.size(), accept) != 0) {
    return "answers the handshake of somebody else";
  }
  return {};
}

}  // namespace

std::string connect_to(const std::string& url, Settings& settings) {
  const std::optional<Url> parsed = parse(url);
  if (!parsed) return url + " is neither tcp://HOST:PORT nor ws://HOST:PORT/PATH";
  std::string fault;
  UniqueFd socket = open_socket(*parsed, fault);
  if (!socket) return fault;
  if (parsed->websocket) {
    fault = shake_hands(socket.get(), *parsed, settings.received);
    if (!fault.empty()) return parsed->host + ":" + parsed->port + " " + fault;
  }
  settings.websocket = parsed->websocket;
  settings.out_fd = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
  if (settings.out_fd < 0) return std::strerror(errno);
  settings.in_fd = socket.release();
  return {};
}

}  // namespace kismet::helper
