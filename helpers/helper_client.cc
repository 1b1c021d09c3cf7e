#include "helpers/helper_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <iostream>
#include <limits>
#include <utility>

namespace kismet::helper {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kMessageLimit = 8192;  // Bytes of a message's text.

void make_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/// A descriptor that becomes readable when the helper is asked to end.
UniqueFd catch_end_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int milliseconds_until(Clock::time_point when) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

HelperClient::HelperClient(Settings settings)
    : settings_(std::move(settings)),
      in_(settings_.in_fd),
      out_(settings_.out_fd),
      codec_(wire::codec_of(settings_.generation)),
      parser_(settings_.frame_limit, settings_.generation) {
  send(wire::SystemRegister{settings_.name});
}

HelperClient::~HelperClient() {
  for (auto& [id, answer] : open_) {
    if (const auto state = answer.lock()) state->client = nullptr;
  }
}

void HelperClient::on(const std::string& method, const std::string& uri, Handler handler) {
  handlers_[{method, uri}] = std::move(handler);
  send(wire::HttpRegisterUri{uri, method});
}

void HelperClient::listen(const std::vector<std::string_view>& topics, Listener listener) {
  listener_ = std::move(listener);
  send(wire::EventbusRegister{topics});
}

void HelperClient::every(std::chrono::milliseconds interval, std::function<bool()> tick) {
  timers_.push_back({interval, Clock::now() + interval, std::move(tick)});
}

bool HelperClient::message(std::string_view text, Severity severity) {
  if (!has_room()) return false;
  send(wire::Message{static_cast<std::uint32_t>(severity), text.substr(0, kMessageLimit)});
  return true;
}

bool HelperClient::publish(std::string_view topic, std::string_view content_json) {
  if (!has_room()) return false;
  send(wire::EventbusPublish{topic, content_json});
  return true;
}

void HelperClient::request_token(Listener with_token) {
  with_token_ = std::move(with_token);
  send(wire::HttpAuthRequest{});
}

int HelperClient::run() {
  const UniqueFd signals = catch_end_signals();
  make_nonblocking(in_.get());
  make_nonblocking(out_.get());
  (settings_.websocket ? raw_ : unread_) = std::exchange(settings_.received, {});
  take_bytes();
  while (!over_) {
    start_waiting();
    run_producers();
    const int timeout = run_timers();
    flush();
    const bool more_to_say = has_room() && !(waiting_.empty() && producers_.empty());
    if (!over_) wait(signals.get(), more_to_say ? 0 : timeout);
  }
  last_words();
  return exit_code_;
}

void HelperClient::wait(int signals, int timeout) {
  std::array<pollfd, 3> fds{{{in_.get(), POLLIN, 0}, {out_.get(), 0, 0}, {signals, POLLIN, 0}}};
  if (sent_ < queue_.size()) fds[1].events = POLLOUT;
  if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) fail("poll failed");
  if (fds[0].revents) read();
  if (fds[1].revents & (POLLERR | POLLNVAL)) over_ = true;  // The daemon does not read any more.
  if (fds[2].revents) over_ = true;
}

int HelperClient::run_timers() {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = now + std::chrono::minutes(1);
  for (auto timer = timers_.begin(); timer != timers_.end();) {
    if (timer->due <= now) {
      timer->due = std::max(timer->due + timer->interval, now);
      if (!timer->tick()) {
        timer = timers_.erase(timer);
        continue;
      }
    }
    next = std::min(next, timer->due);
    ++timer;
  }
  return milliseconds_until(next);
}

void HelperClient::start_waiting() {
  while (!waiting_.empty() && has_room()) {
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    start(request);
  }
}

void HelperClient::start(const Request& request) {
  const auto state = std::make_shared<Answer::State>();
  state->client = this;
  state->id = request.id;
  open_[request.id] = state;
  const auto handler = handlers_.find({request.method, request.uri});
  if (handler == handlers_.end()) {
    state->code = 404;
    return;
  }
  try {
    handler->second(request, Answer(state));
  } catch (const std::exception& error) {  // A bug in one page is that page's alone.
    state->code = 500;
    message(request.method + ' ' + request.uri + " failed: " + error.what(), Severity::error);
  }
}

void HelperClient::run_producers() {
  while (!producers_.empty() && has_room()) {  // In turn, so that all share the pipe.
    Producer producer = std::move(producers_.front());
    producers_.pop_front();
    if (producer.answer.wanted() && producer.more(producer.answer)) producers_.push_back(std::move(producer));
  }
}

void HelperClient::send(const wire::Command& command) {
  constexpr std::size_t kAny = std::numeric_limits<std::uint32_t>::max();
  if (!settings_.websocket) {
    codec_.encode(command, wire::Seqno{seqno_++}, kAny, queue_);
    return;
  }
  std::string frame;
  codec_.encode(command, wire::Seqno{seqno_++}, kAny, frame);
  websocket_.wrap(frame, queue_);
}

void HelperClient::respond(Answer::State& answer, std::string_view content, bool close) {
  wire::HttpResponse response{.id = answer.id, .headers = {}, .content = content, .result_code = {}, .close = close};
  if (!answer.started) {
    answer.started = true;
    response.headers.assign(answer.headers.begin(), answer.headers.end());
    response.result_code = answer.code;
  }
  send(response);
}

void HelperClient::flush() {
  while (sent_ < queue_.size()) {
    const ssize_t count = ::write(out_.get(), queue_.data() + sent_, queue_.size() - sent_);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) {
        over_ = true;
        queue_.resize(sent_);
      }
      break;
    }
    sent_ += static_cast<std::size_t>(count);
  }
  if (sent_ * 2 < queue_.size()) return;  // Moving the rest costs more than the room is worth.
  queue_.erase(0, sent_);
  sent_ = 0;
}

void HelperClient::last_words() {
  const auto give_up = Clock::now() + settings_.last_words;
  for (flush(); sent_ < queue_.size() && Clock::now() < give_up; flush()) {
    pollfd out{out_.get(), POLLOUT, 0};
    ::poll(&out, 1, milliseconds_until(give_up));
  }
}

void HelperClient::read() {
  std::string& into = settings_.websocket ? raw_ : unread_;
  const std::size_t before = into.size();
  into.resize(before + kReadSize);
  const ssize_t count = ::read(in_.get(), &into[before], kReadSize);
  into.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const bool at_end = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
  take_bytes();
  if (at_end) over_ = true;
}

/// Looks at all that has been read.
void HelperClient::take_bytes() {
  const bool open = !settings_.websocket || websocket_.unwrap(raw_, unread_, queue_);
  unread_.erase(0, take_frames());
  if (!open) over_ = true;
}

std::size_t HelperClient::take_frames() {
  std::size_t taken = 0;
  while (!over_) {
    const wire::Parsed parsed = parser_.next(std::string_view(unread_).substr(taken));
    if (const auto* broken = std::get_if<wire::Broken>(&parsed)) fail("the daemon sent " + broken->why);
    const auto* frame = std::get_if<wire::Frame>(&parsed);
    if (!frame) break;
    handle(*frame);
    taken += frame->size;
  }
  return taken;
}

void HelperClient::handle(const wire::Frame& frame) {
  const wire::Decoded decoded = codec_.decode(frame);
  if (!decoded.problem.empty()) return fail("the daemon sent a message that is none: " + decoded.problem);
  if (const auto* request = std::get_if<wire::HttpRequest>(&decoded.command)) {
    enqueue(*request);
  } else if (const auto* cancelled = std::get_if<wire::HttpRequestCancel>(&decoded.command)) {
    cancel(cancelled->id);
  } else if (std::holds_alternative<wire::Ping>(decoded.command)) {
    send(wire::Pong{decoded.seqno});
  } else if (const auto* event = std::get_if<wire::Event>(&decoded.command)) {
    if (listener_) listener_(event->json);
  } else if (const auto* auth = std::get_if<wire::HttpAuth>(&decoded.command)) {
    if (with_token_) with_token_(auth->token);
  } else if (std::holds_alternative<wire::Shutdown>(decoded.command)) {
    over_ = true;
  }
}

void HelperClient::enqueue(const wire::HttpRequest& request) {
  ++requests_;
  Request& kept = waiting_.emplace_back();
  kept.id = request.id;
  kept.uri = request.uri;
  kept.method = request.method;
  for (const auto& [name, value] : request.variables) kept.variables[std::string(name)] = value;
  kept.body = request.body.value_or("");
  kept.headers.assign(request.headers.begin(), request.headers.end());
  kept.client_address = request.client_address;
}

void HelperClient::cancel(wire::RequestId id) {
  if (const auto found = open_.find(id); found != open_.end()) {
    if (const auto state = found->second.lock()) state->client = nullptr;
    open_.erase(found);
    ++cancels_;
  } else {
    cancels_ += std::erase_if(waiting_, [id](const Request& request) { return request.id == id; });
  }
}

void HelperClient::fail(const std::string& why) {
  std::cerr << settings_.name << ": " << why << '\n';
  exit_code_ = 1;
  over_ = true;
}

}  // namespace kismet::helper
