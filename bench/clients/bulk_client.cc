// Connections that ask for large answers over and over, as fast as they come, and check what they get. For what wrk,
// which reads 8 KiB at a time, would itself be the slowest part of; and for exact numbers of requests.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "bench/clients/body_check.h"
#include "bench/clients/connect.h"
#include "bench/clients/poller.h"
#include "bench/clients/reply_reader.h"
#include "bench/clients/samples.h"

namespace kismet::bench {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;

struct Options {
  Destination to;
  std::size_t connections = 1;
  double seconds = std::numeric_limits<std::int32_t>::max();
  std::uint64_t requests = std::numeric_limits<std::uint64_t>::max();
  bool check = false;
};

struct Connection {
  UniqueFd socket;
  ReplyReader reply;
  std::uint64_t offset = 0;  // Of the content.
  std::int64_t asked = 0;
};

class BulkClient {
 public:
  explicit BulkClient(const Options& options)
      : options_(options), request_(get_request(options.to)), connections_(options.connections), buffer_(kReadSize) {}

  int run() {
    begun_ = now_ns();
    deadline_ = begun_ + static_cast<std::int64_t>(options_.seconds * 1e9);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].socket = connect_to(options_.to.port);
      poller_.add(connections_[i].socket.get(), i);
      ask(connections_[i]);
    }
    poller_.run_until(
        deadline_, [this](std::size_t index) { read(connections_[index]); },
        [this] { return finished_ >= options_.requests || open_ == 0; });
    report(static_cast<double>(now_ns() - begun_) / 1e9);
    return wrong_ == 0 && broken_ == 0 ? 0 : 1;
  }

 private:
  void ask(Connection& connection) {
    if (asked_ == options_.requests) return;
    ++asked_;
    connection.reply.reset();
    connection.offset = 0;
    connection.asked = now_ns();
    ++open_;
    if (!send_all(connection.socket.get(), request_)) lose(connection);
  }

  void read(Connection& connection) {
    const std::optional<std::string_view> bytes = receive(connection.socket.get(), buffer_);
    if (!bytes) return lose(connection);
    if (bytes->empty()) return;
    const bool first = !connection.reply.started();
    if (first) first_byte_.add(now_ns() - connection.asked);
    connection.reply.take(*bytes, [&](std::string_view content) {
      if (options_.check && !pattern_.matches(connection.offset, content)) ++wrong_;
      connection.offset += content.size();
      bytes_ += content.size();
    });
    if (connection.reply.broken()) return lose(connection);
    if (!connection.reply.complete()) return;
    if (connection.reply.status() != 200) ++not_ok_;
    whole_.add(now_ns() - connection.asked);
    ++finished_;
    --open_;
    ask(connection);
  }

  void lose(Connection& connection) {
    if (!connection.reply.complete()) --open_;
    ++broken_;
    poller_.remove(connection.socket.get());
    connection.socket.reset();
  }

  void report(double seconds) {
    std::printf(
        "{\"requests\": %llu, \"seconds\": %.6f, \"bytes\": %llu, \"wrong\": %llu, \"broken\": %llu, \"not_ok\": "
        "%llu, ",
        ull(finished_), seconds, ull(bytes_), ull(wrong_), ull(broken_), ull(not_ok_));
    std::printf("\"latency_ms\": %s, \"first_byte_ms\": %s}\n", whole_.json().c_str(), first_byte_.json().c_str());
  }
  static unsigned long long ull(std::uint64_t value) { return value; }

  const Options options_;
  const std::string request_;
  const Pattern pattern_;
  Poller poller_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  std::int64_t begun_ = 0, deadline_ = 0;
  std::uint64_t asked_ = 0, finished_ = 0, open_ = 0, bytes_ = 0, wrong_ = 0, broken_ = 0, not_ok_ = 0;
  Samples whole_, first_byte_;
};

}  // namespace

}  // namespace kismet::bench

int main(int argc, char** argv) {
  kismet::bench::Options options;
  CLI::App app("Asks for answers over and over on kept-open connections; prints one line of JSON.");
  app.add_option("--port", options.to.port)->required();
  app.add_option("--path", options.to.path);
  app.add_option("--cookie", options.to.cookie, "Value of the cookie KISMET");
  app.add_option("--connections", options.connections);
  app.add_option("--seconds", options.seconds);
  app.add_option("--requests", options.requests, "Requests in all");
  app.add_flag("--check", options.check, "Compare each byte with bench/pattern.h");
  CLI11_PARSE(app, argc, argv);
  kismet::bench::raise_descriptor_limit();
  return kismet::bench::BulkClient(options).run();
}
