// Many open streams of lines: does every line come, how long after its helper wrote it, and how far are two apart.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/clients/arrivals.h"
#include "bench/clients/connect.h"
#include "bench/clients/poller.h"
#include "bench/clients/reply_reader.h"
#include "bench/clients/samples.h"

namespace kismet::bench {

namespace {

constexpr std::size_t kReadSize = 64 * 1024;

struct Options {
  Destination to;
  std::size_t streams = 100;
  double seconds = 10;
  double patience = 60;  // Seconds until each stream must have had its first line.
};

struct Stream {
  UniqueFd socket;
  ReplyReader reply;
  std::string line;  // The begun one.
  Arrivals arrivals;
};

class StreamClient {
 public:
  explicit StreamClient(const Options& options) : options_(options), streams_(options.streams), buffer_(kReadSize) {}

  int run() {
    open_all();
    receive_until(now_ns() + static_cast<std::int64_t>(options_.patience * 1e9), true);
    // A whole second of all of them, before the time counts.
    receive_until(now_ns() + 1'200'000'000, false);
    std::printf("{\"ready\": true, \"started\": %zu, \"first_byte_ms\": %s}\n", started_, first_byte_.json().c_str());
    std::fflush(stdout);
    latency_.clear();
    lines_ = missing_ = 0;
    for (Stream& stream : streams_) stream.arrivals.longest_gap = 0;
    const std::int64_t begun = now_ns();
    receive_until(begun + static_cast<std::int64_t>(options_.seconds * 1e9), false);
    report(static_cast<double>(now_ns() - begun) / 1e9);
    return 0;
  }

 private:
  void open_all() {
    const std::string request = get_request(options_.to);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      streams_[i].socket = connect_to(options_.to.port);
      poller_.add(streams_[i].socket.get(), i);
      if (!send_all(streams_[i].socket.get(), request)) lose(streams_[i]);
    }
  }

  void receive_until(std::int64_t deadline, bool only_to_the_start) {
    poller_.run_until(
        deadline, [this](std::size_t index) { read(streams_[index]); },
        [&] { return only_to_the_start && started_ + lost_ == streams_.size(); });
  }

  void read(Stream& stream) {
    const std::optional<std::string_view> bytes = receive(stream.socket.get(), buffer_);
    if (!bytes) return lose(stream);
    if (bytes->empty()) return;
    const std::int64_t now = now_ns();
    stream.reply.take(*bytes, [&](std::string_view content) { take_lines(stream, content, now); });
    if (stream.reply.broken() || stream.reply.complete()) lose(stream);
  }

  void take_lines(Stream& stream, std::string_view content, std::int64_t now) {
    for (;;) {
      const std::size_t end = content.find('\n');
      if (end == std::string_view::npos) break;
      if (stream.line.empty()) {
        take_line(stream, content.substr(0, end), now);
      } else {
        stream.line += content.substr(0, end);
        take_line(stream, stream.line, now);
        stream.line.clear();
      }
      content.remove_prefix(end + 1);
    }
    stream.line += content;
  }

  void take_line(Stream& stream, std::string_view line, std::int64_t now) {
    std::uint64_t number = 0;
    std::int64_t sent = 0;
    const char* end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr == end || std::from_chars(parsed.ptr + 1, end, sent).ec != std::errc()) {
      return lose(stream);
    }
    if (number == 0) {
      ++started_;
      first_byte_.add(now - sent);
    }
    missing_ += stream.arrivals.add(number, now);
    latency_.add(now - sent);
    ++lines_;
  }

  void lose(Stream& stream) {
    if (!stream.socket) return;
    ++lost_;
    poller_.remove(stream.socket.get());
    stream.socket.reset();
  }

  void report(double seconds) {
    std::int64_t gap = 0;
    std::size_t late = 0;
    const std::int64_t now = now_ns();
    for (const Stream& stream : streams_) {
      const std::int64_t longest = std::max(stream.arrivals.longest_gap, now - stream.arrivals.last);
      gap = std::max(gap, longest);
      if (longest > 1'200'000'000) ++late;
    }
    std::printf(
        "{\"streams\": %zu, \"open\": %zu, \"lost\": %zu, \"seconds\": %.3f, \"lines\": %llu, \"missing\": %llu, "
        "\"longest_gap_ms\": %.3f, \"gaps_over_1200_ms\": %zu, \"latency_ms\": %s}\n",
        streams_.size(), streams_.size() - lost_, lost_, seconds, static_cast<unsigned long long>(lines_),
        static_cast<unsigned long long>(missing_), static_cast<double>(gap) / 1e6, late, latency_.json().c_str());
  }

  const Options options_;
  Poller poller_;
  std::vector<Stream> streams_;
  std::vector<char> buffer_;
  std::size_t started_ = 0, lost_ = 0;
  std::uint64_t lines_ = 0, missing_ = 0;
  Samples latency_, first_byte_;
};

}  // namespace

}  // namespace kismet::bench

int main(int argc, char** argv) {
  kismet::bench::Options options;
  options.to.path = "/bench/stream";
  CLI::App app("Holds streams of lines open; prints a line of JSON when all have begun, and one at the end.");
  app.add_option("--port", options.to.port)->required();
  app.add_option("--path", options.to.path);
  app.add_option("--cookie", options.to.cookie, "Value of the cookie KISMET");
  app.add_option("--streams", options.streams);
  app.add_option("--seconds", options.seconds, "To watch them, from when all have begun");
  app.add_option("--patience", options.patience, "Seconds until all must have begun");
  CLI11_PARSE(app, argc, argv);
  kismet::bench::raise_descriptor_limit();
  return kismet::bench::StreamClient(options).run();
}
