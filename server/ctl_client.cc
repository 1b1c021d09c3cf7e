#include "server/ctl_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/async.h"

namespace kismet {

namespace {

namespace websocket = boost::beast::websocket;

constexpr int kPatience = 60;  // Seconds without an answer after which the daemon is given up.

CtlAnswer lost(std::string why) {
  return {0, std::move(why)};
}

std::string send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::strerror(errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

/// The status of an answer's first line; 0: it is none.
unsigned status_of(std::string_view head) {
  unsigned status = 0;
  const std::size_t space = head.find(' ');
  if (!head.starts_with("HTTP/1.") || space == std::string_view::npos) return 0;
  std::from_chars(head.data() + space + 1, head.data() + head.size(), status);
  return status;
}

/// Reads an answer that ends with its connection; each piece of its body goes to `take`, until that returns false.
CtlAnswer receive(int descriptor, const std::function<bool(unsigned status, std::string_view piece)>& take) {
  std::array<char, 16 * 1024> space{};
  std::string head;
  CtlAnswer answer;
  for (;;) {
    const ssize_t count = ::recv(descriptor, space.data(), space.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return lost(errno == EAGAIN ? "the daemon does not answer" : std::string("connection lost: ") + strerror(errno));
    }
    if (count == 0) break;
    std::string_view piece(space.data(), static_cast<std::size_t>(count));
    if (answer.status == 0) {
      head.append(piece);
      const std::size_t end = head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      answer.status = status_of(head);
      if (answer.status == 0) return lost("what answers there is no kismet daemon");
      head.erase(0, end + 4);
      piece = head;
      if (piece.empty()) continue;
    }
    if (!take(answer.status, piece)) return answer;
  }
  return answer.status == 0 ? lost("the daemon ended the connection without an answer") : answer;
}

std::string request_of(std::string_view method, std::string_view target, std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n");
  if (method == "POST") {
    text.append("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
    text.append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == '*' || c == ',';
    if (plain) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return out;
}

std::string CtlAnswer::reason() const {
  const nlohmann::json page = nlohmann::json::parse(body, nullptr, false);
  for (const char* key : {"reason", "error", "message", "kismet.reload.reason"}) {
    if (page.is_object() && page.contains(key) && page[key].is_string()) return page[key].get<std::string>();
  }
  if (!body.empty()) return body.substr(0, body.find('\n'));
  return "the daemon answered " + std::to_string(status);
}

UniqueFd CtlClient::connect(std::string& fault) const {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path_.size() >= sizeof name.sun_path) {
    fault = "the path of the control socket is too long: " + path_;
    return {};
  }
  path_.copy(name.sun_path, sizeof name.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) {
    const timeval patience{kPatience, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return socket;
  }
  const int error = errno;
  if (error == ENOENT || error == ECONNREFUSED) {
    fault = "the daemon does not run (nobody listens on " + path_ + ")";
  } else if (error == EACCES || error == EPERM) {
    fault = "the daemon is somebody else's: only its own user and root may use " + path_;
  } else {
    fault = path_ + ": " + std::strerror(error);
  }
  return {};
}

std::string CtlClient::check() const {
  std::string fault;
  connect(fault);
  return fault;
}

CtlAnswer CtlClient::post(std::string_view target, std::string_view json) const {
  return ask("POST", target, "json=" + percent_encode(json));
}

CtlAnswer CtlClient::ask(std::string_view method, std::string_view target, std::string_view body) const {
  std::string fault;
  const UniqueFd socket = connect(fault);
  if (!socket) return lost(fault);
  if (fault = send_all(socket.get(), request_of(method, target, body)); !fault.empty()) return lost(fault);
  std::string content;
  CtlAnswer answer = receive(socket.get(), [&content](unsigned, std::string_view piece) {
    content.append(piece);
    return true;
  });
  if (answer.status != 0) answer.body = std::move(content);
  return answer;
}

CtlAnswer CtlClient::stream(std::string_view target, const std::function<bool(std::string_view line)>& line) const {
  std::string fault;
  const UniqueFd socket = connect(fault);
  if (!socket) return lost(fault);
  const timeval for_ever{0, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
  if (fault = send_all(socket.get(), request_of("GET", target, {})); !fault.empty()) return lost(fault);
  std::string rest;
  CtlAnswer answer = receive(socket.get(), [&](unsigned status, std::string_view piece) {
    rest.append(piece);
    if (status != 200) return true;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (!line(std::string_view(rest).substr(begin, end - begin))) return false;
    }
    rest.erase(0, begin);
    return true;
  });
  if (answer.status != 0 && answer.status != 200) answer.body = std::move(rest);
  return answer;
}

CtlAnswer CtlClient::websocket(const std::string& target,
                               const std::function<bool(std::string_view message)>& message) const {
  std::string fault;
  if (fault = check(); !fault.empty()) return lost(fault);
  net::io_context context;
  websocket::stream<net::local::stream_protocol::socket> stream(context);
  boost::system::error_code ec;
  stream.next_layer().connect(net::local::stream_protocol::endpoint(path_), ec);
  if (ec) return lost(ec.message());
  websocket::response_type answer;
  stream.handshake(answer, "localhost", target, ec);
  if (ec == websocket::error::upgrade_declined) return {answer.result_int(), answer.body()};
  if (ec) return lost(ec.message());
  stream.read_message_max(64 * 1024 * 1024);
  boost::beast::flat_buffer buffer;
  for (;;) {
    stream.read(buffer, ec);
    if (ec == websocket::error::closed && stream.reason().code == websocket::close_code::policy_error) {
      return {404, std::string(stream.reason().reason.data(), stream.reason().reason.size())};
    }
    if (ec) return lost("the daemon has ended the connection");
    const auto data = buffer.data();
    if (!message({static_cast<const char*>(data.data()), data.size()})) return {200, {}};
    buffer.consume(buffer.size());
  }
}

}  // namespace kismet
