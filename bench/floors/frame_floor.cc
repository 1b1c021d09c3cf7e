#include "bench/floors/frame_floor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>
#include <variant>

namespace kismet::bench {

namespace {

constexpr std::size_t kFramesSize = 2 * 1024 * 1024;
constexpr std::size_t kReadSize = 16 * 1024;
constexpr int kRoundSize = 512;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n\r\n";

std::string hex(std::size_t value) {
  std::array<char, 16> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr};
}

}  // namespace

FrameFloor::FrameFloor(UniqueFd listener, UniqueFd from_helper, UniqueFd to_helper)
    : listener_(std::move(listener)),
      from_helper_(std::move(from_helper)),
      to_helper_(std::move(to_helper)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      codec_(wire::codec_of(wire::Generation::v2)),
      parser_(kFramesSize, wire::Generation::v2),
      frames_(kFramesSize) {
  watch(listener_.get(), EPOLLIN, EPOLL_CTL_ADD);
  watch(from_helper_.get(), EPOLLIN, EPOLL_CTL_ADD);
}

void FrameFloor::watch(int fd, std::uint32_t events, int operation) {
  epoll_event event{events, {.fd = fd}};
  ::epoll_ctl(epoll_.get(), operation, fd, &event);
}

void FrameFloor::run() {
  std::array<epoll_event, kRoundSize> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kRoundSize, asked_ < questions_.size() ? 1 : -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int fd = event.data.fd;
      if (fd == listener_.get()) {
        accept_all();
      } else if (fd == from_helper_.get()) {
        if (!read_helper()) return;
      } else if (static_cast<std::size_t>(fd) < clients_.size() && clients_[static_cast<std::size_t>(fd)].socket) {
        Client& client = clients_[static_cast<std::size_t>(fd)];
        if ((event.events & EPOLLOUT) != 0) mark_dirty(client);
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_client(client);
      }
    }
    flush_clients();
    flush_helper();
  }
}

void FrameFloor::accept_all() {
  for (;;) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int fd = socket.get();
    if (clients_.size() <= static_cast<std::size_t>(fd)) clients_.resize(static_cast<std::size_t>(fd) + 1);
    Client& client = clients_[static_cast<std::size_t>(fd)];
    client = {};
    client.socket = std::move(socket);
    client.serial = ++next_serial_;
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }
}

void FrameFloor::read_client(Client& client) {
  std::array<char, kReadSize> bytes;
  const ssize_t count = ::recv(client.socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return drop(client.socket.get());
  client.input.append(bytes.data(), static_cast<std::size_t>(count));
  take_request(client);
}

void FrameFloor::take_request(Client& client) {
  if (client.busy) return;
  const std::size_t end = client.input.find("\r\n\r\n");
  if (end == std::string::npos) return;
  const std::string_view head = std::string_view(client.input).substr(0, end);
  const std::size_t method_end = head.find(' ');
  const std::size_t target_end = head.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return drop(client.socket.get());
  wire::HttpRequest request;
  request.id = {next_id_++};
  request.method = head.substr(0, method_end);
  request.uri = head.substr(method_end + 1, target_end - method_end - 1);
  codec_.encode(request, wire::Seqno{++seqno_}, kFramesSize, questions_);
  waiting_[request.id.value] = {client.socket.get(), client.serial};
  client.input.erase(0, end + 4);
  client.busy = true;
  client.head_sent = false;
}

bool FrameFloor::read_helper() {
  const ssize_t count = ::read(from_helper_.get(), frames_.data() + filled_, frames_.size() - filled_);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  filled_ += static_cast<std::size_t>(count);
  std::string_view rest(frames_.data(), filled_);
  for (;;) {
    const wire::Parsed parsed = parser_.next(rest);
    if (std::holds_alternative<wire::Broken>(parsed)) return false;
    const auto* frame = std::get_if<wire::Frame>(&parsed);
    if (frame == nullptr) break;
    const wire::Decoded decoded = codec_.decode(*frame);
    if (const auto* answer = std::get_if<wire::HttpResponse>(&decoded.command)) take_answer(*answer);
    rest.remove_prefix(frame->size);
  }
  std::memmove(frames_.data(), rest.data(), rest.size());
  filled_ = rest.size();
  return true;
}

void FrameFloor::take_answer(const wire::HttpResponse& answer) {
  const auto found = waiting_.find(answer.id.value);
  if (found == waiting_.end()) return;
  const auto [fd, serial] = found->second;
  if (answer.close) waiting_.erase(found);
  Client& client = clients_[static_cast<std::size_t>(fd)];
  if (!client.socket || client.serial != serial) return;
  client.content += answer.content;
  client.complete = answer.close;
  mark_dirty(client);
}

void FrameFloor::mark_dirty(Client& client) {
  if (!client.dirty) dirty_.push_back(client.socket.get());
  client.dirty = true;
}

void FrameFloor::flush_helper() {
  while (asked_ < questions_.size()) {
    const ssize_t count = ::write(to_helper_.get(), questions_.data() + asked_, questions_.size() - asked_);
    if (count < 0) return;
    asked_ += static_cast<std::size_t>(count);
  }
  questions_.clear();
  asked_ = 0;
}

void FrameFloor::flush_clients() {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Client& client = clients_[static_cast<std::size_t>(dirty_[i])];
    client.dirty = false;
    if (client.socket) flush(client);
  }
  dirty_.clear();
}

void FrameFloor::flush(Client& client) {
  if (!send_leftover(client)) return;
  if (client.leftover.empty() && (!client.content.empty() || client.complete)) send_content(client);
  if (client.socket) settle(client);
}

bool FrameFloor::send_leftover(Client& client) {
  while (client.sent < client.leftover.size()) {
    const std::size_t left = client.leftover.size() - client.sent;
    const ssize_t count = ::send(client.socket.get(), client.leftover.data() + client.sent, left, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return true;
    if (count < 0 && errno != EINTR) {
      drop(client.socket.get());
      return false;
    }
    if (count > 0) client.sent += static_cast<std::size_t>(count);
  }
  client.leftover.clear();
  client.sent = 0;
  return true;
}

/// All content that is there is one chunk; a small answer is one piece with its head.
void FrameFloor::send_content(Client& client) {
  const bool whole = client.complete && !client.head_sent;
  const std::size_t size = client.content.size();
  std::string_view end;
  front_.clear();
  if (!client.head_sent) front_ += kHead;
  if (whole) {
    front_ += "Content-Length: " + std::to_string(size) + "\r\n\r\n";
  } else {
    if (!client.head_sent) front_ += kChunked;
    if (size > 0) front_ += hex(size) + "\r\n";
    end = !client.complete ? "\r\n" : size > 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
  }
  client.head_sent = true;
  client.ended = std::exchange(client.complete, false);

  std::array<iovec, 3> pieces{iovec{front_.data(), front_.size()}, iovec{client.content.data(), size},
                              iovec{const_cast<char*>(end.data()), end.size()}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t count = ::sendmsg(client.socket.get(), &message, MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) return drop(client.socket.get());
  const std::size_t taken = count > 0 ? static_cast<std::size_t>(count) : 0;
  if (taken < front_.size() + size + end.size()) {
    // The content moves over as it is; what was taken of it is skipped.
    client.leftover.swap(client.content);
    client.leftover += end;
    client.sent = taken - std::min(taken, front_.size());
    if (taken < front_.size()) client.leftover.insert(0, front_, taken);
  }
  client.content.clear();
}

/// Waits for room while there is something left; takes the next request when there is not.
void FrameFloor::settle(Client& client) {
  const bool full = !client.leftover.empty();
  if (full != client.blocked) {
    client.blocked = full;
    watch(client.socket.get(), full ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }
  if (full || !client.ended) return;
  client.ended = false;
  client.busy = false;
  take_request(client);
}

void FrameFloor::drop(int fd) {
  clients_[static_cast<std::size_t>(fd)] = {};
}

}  // namespace kismet::bench
