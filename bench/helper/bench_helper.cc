#include "bench/helper/bench_helper.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <variant>

namespace kismet::bench {

namespace {

constexpr std::size_t kInputSize = 1024 * 1024;
constexpr std::uint64_t kPublisherTicks = 100;

void set_non_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

UniqueFd ticks_every(std::chrono::milliseconds interval) {
  const long ns = std::chrono::nanoseconds(interval).count();
  const timespec each{ns / 1'000'000'000, ns % 1'000'000'000};
  const itimerspec timer{each, each};
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  ::timerfd_settime(fd.get(), 0, &timer, nullptr);
  return fd;
}

bool has_ticked(int timer) {
  std::uint64_t count = 0;
  return ::read(timer, &count, sizeof count) == sizeof count;
}

}  // namespace

BenchHelper::BenchHelper(const HelperOptions& options)
    : in_(options.in_fd),
      out_(options.out_fd),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      parser_(kInputSize, options.generation),
      codec_(wire::codec_of(options.generation)),
      prefix_(options.prefix),
      input_(kInputSize),
      writer_(options.out_fd, options.generation),
      publisher_(options.publish_rate, kPublisherTicks, options.publish_size) {
  set_non_blocking(in_.get());
  set_non_blocking(out_.get());
  second_ = ticks_every(std::chrono::seconds(1));
  if (options.publish_rate > 0) centisecond_ = ticks_every(std::chrono::milliseconds(1000 / kPublisherTicks));
  for (const int fd : {in_.get(), second_.get(), centisecond_.get()}) {
    epoll_event event{EPOLLIN, {.fd = fd}};
    if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  writer_.add(wire::SystemRegister{"bench"});
  if (options.subscribe) writer_.add(wire::EventbusRegister{{"BENCH"}});
  for (const Body& body : kBodies) register_uri(body.uri);
  for (std::uint64_t i = 0; i < options.uris; ++i) register_uri("/bench/uri/" + std::to_string(i));
}

void BenchHelper::register_uri(std::string_view uri) {
  const std::string whole = prefix_ + std::string(uri);
  writer_.add(wire::HttpRegisterUri{whole, "GET"});
}

int BenchHelper::run() {
  while (!over_) {
    if (!produce()) return 0;
    watch();
    std::array<epoll_event, 4> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == in_.get() && !read()) return 0;
      if (fd == second_.get() && has_ticked(fd)) streams_.tick();
      if (fd == centisecond_.get() && has_ticked(fd) && !writer_.blocked()) publisher_.tick(writer_);
    }
  }
  return 0;
}

bool BenchHelper::read() {
  const ssize_t count = ::read(in_.get(), input_.data() + filled_, input_.size() - filled_);
  if (count == 0) return false;
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  ++reads_;
  filled_ += static_cast<std::size_t>(count);
  std::string_view rest(input_.data(), filled_);
  for (;;) {
    const wire::Parsed parsed = parser_.next(rest);
    if (const auto* broken = std::get_if<wire::Broken>(&parsed)) {
      std::fprintf(stderr, "bench_helper: %s\n", broken->why.c_str());
      return false;
    }
    const auto* frame = std::get_if<wire::Frame>(&parsed);
    if (frame == nullptr) break;
    const wire::Decoded decoded = codec_.decode(*frame);
    if (decoded.problem.empty()) handle(decoded.command, decoded.seqno);
    rest.remove_prefix(frame->size);
  }
  std::memmove(input_.data(), rest.data(), rest.size());
  filled_ = rest.size();
  return true;
}

void BenchHelper::handle(const wire::Command& command, wire::Seqno seqno) {
  if (const auto* request = std::get_if<wire::HttpRequest>(&command)) {
    answer(*request);
  } else if (const auto* cancel = std::get_if<wire::HttpRequestCancel>(&command)) {
    ++cancels_;
    answers_.cancel(cancel->id);
    streams_.cancel(cancel->id);
  } else if (std::holds_alternative<wire::Event>(command)) {
    ++events_;
  } else if (std::holds_alternative<wire::Ping>(command)) {
    writer_.add(wire::Pong{seqno});
  } else if (std::holds_alternative<wire::Shutdown>(command)) {
    over_ = true;
  }
}

void BenchHelper::answer(const wire::HttpRequest& request) {
  ++requests_;
  std::string_view uri = request.uri;
  uri.remove_prefix(std::min(uri.size(), prefix_.size()));
  const Body& body = find_body(uri);
  if (body.order == Order::stream) return streams_.start(request.id, writer_);
  if (body.order == Order::in_sequence || body.order == Order::interleaved) return answers_.start(request.id, body);
  wire::HttpResponse whole;
  whole.id = request.id;
  whole.result_code = 200;
  whole.close = true;
  std::string text;
  if (body.order == Order::statistics) text = statistics();
  whole.content = body.order == Order::statistics ? std::string_view(text) : kHello;
  writer_.add(whole);
}

std::string BenchHelper::statistics() {
  const double blocked = std::chrono::duration<double, std::milli>(writer_.take_longest_block()).count();
  return "{\"requests\": " + std::to_string(requests_) + ", \"cancels\": " + std::to_string(cancels_) +
         ", \"reads\": " + std::to_string(reads_) + ", \"frames_sent\": " + std::to_string(writer_.frames()) +
         ", \"events\": " + std::to_string(events_) + ", \"streams\": " + std::to_string(streams_.open()) +
         ", \"longest_block_ms\": " + std::to_string(blocked) + "}";
}

bool BenchHelper::produce() {
  do {
    streams_.produce(writer_);
    answers_.produce(writer_);
    if (!writer_.flush()) return false;
  } while (!writer_.blocked() && !(streams_.idle() && answers_.idle()));
  return true;
}

void BenchHelper::watch() {
  if (writer_.blocked() == watching_output_) return;
  epoll_event event{EPOLLOUT, {.fd = out_.get()}};
  ::epoll_ctl(epoll_.get(), watching_output_ ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, out_.get(), &event);
  watching_output_ = !watching_output_;
}

}  // namespace kismet::bench
