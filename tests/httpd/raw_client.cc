#include "tests/httpd/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "httpd/headers.h"

namespace kismet::test {

std::string RawAnswer::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && iequals(line.substr(0, colon), name))
      return std::string(line.substr(colon + 2));
  }
  return {};
}

RawClient::RawClient() {
  set_up(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawClient::RawClient(std::uint16_t port) : RawClient() {
  connect(port);
}

void RawClient::connect(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

void RawClient::take_little() {
  const int size = 4096;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

bool RawClient::has_input() {
  char byte = 0;
  return !pending_.empty() || ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

RawClient::RawClient(V6, std::uint16_t port) {
  set_up(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(port);
  to.sin6_addr = in6addr_loopback;
  connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

RawClient::RawClient(const std::string& unix_path) {
  set_up(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  unix_path.copy(to.sun_path, sizeof to.sun_path - 1);
  connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

RawClient::~RawClient() {
  close();
}

void RawClient::set_up(int descriptor) {
  descriptor_ = descriptor;
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::send_slowly(std::string_view bytes) {
  for (const char& byte : bytes) {
    if (!send({&byte, 1})) return false;
  }
  return true;
}

bool RawClient::more() {
  std::array<char, 64 * 1024> bytes;
  const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (count > 0) pending_.append(bytes.data(), static_cast<std::size_t>(count));
  if (count < 0 && errno == ECONNRESET) reset_ = true;
  return count > 0;
}

bool RawClient::read_until(std::string_view text) {
  std::size_t at = 0;
  while ((at = pending_.find(text)) == std::string::npos) {
    if (!more()) return false;
  }
  pending_.erase(0, at + text.size());
  return true;
}

bool RawClient::read_bytes(std::size_t count, std::string& into) {
  while (pending_.size() < count) {
    if (!more()) return false;
  }
  into = pending_.substr(0, count);
  pending_.erase(0, count);
  return true;
}

RawAnswer RawClient::read_answer(bool head_only) {
  RawAnswer answer;
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return answer;
  }
  answer.head = pending_.substr(0, end);
  pending_.erase(0, end + 4);
  if (answer.head.size() > 12) answer.status = std::atoi(answer.head.c_str() + 9);
  if (head_only || answer.status == 204 || answer.status == 304 || answer.status / 100 == 1) {
    answer.complete = true;
  } else if (answer.header("transfer-encoding") == "chunked") {
    for (;;) {
      std::size_t line = 0;
      while ((line = pending_.find("\r\n")) == std::string::npos) {
        if (!more()) return answer;
      }
      const std::size_t size = std::strtoul(pending_.c_str(), nullptr, 16);
      while (pending_.size() < line + 2 + size + 2) {
        if (!more()) {
          answer.body += pending_.substr(line + 2);
          return answer;
        }
      }
      answer.body += pending_.substr(line + 2, size);
      pending_.erase(0, line + 2 + size + 2);
      if (size == 0) break;
    }
    answer.complete = true;
  } else if (const std::string length = answer.header("content-length"); !length.empty()) {
    const std::size_t size = std::strtoul(length.c_str(), nullptr, 10);
    while (pending_.size() < size) {
      if (!more()) break;
    }
    answer.complete = pending_.size() >= size;
    answer.body = pending_.substr(0, size);
    pending_.erase(0, size);
  } else {
    while (more()) {
    }
    answer.body = std::exchange(pending_, {});
    answer.complete = !reset_;
  }
  return answer;
}

RawAnswer RawClient::ask(std::string_view bytes, bool head_only) {
  send(bytes);
  return read_answer(head_only);
}

bool RawClient::is_closed() {
  if (!pending_.empty()) return false;
  char byte = 0;
  const ssize_t count = ::recv(descriptor_, &byte, 1, 0);
  if (count > 0) pending_ += byte;
  if (count < 0 && errno == ECONNRESET) reset_ = true;
  return count == 0 || reset_;
}

void RawClient::finish() {
  ::shutdown(descriptor_, SHUT_WR);
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void RawClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

}  // namespace kismet::test
