// Clients that read slowly, or not at all, each one answer to its end: every byte is compared with what it must be.

#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/clients/body_check.h"
#include "bench/clients/connect.h"
#include "bench/clients/reply_reader.h"
#include "bench/clients/samples.h"

namespace kismet::bench {

namespace {

constexpr std::int64_t kTick = 50'000'000;     // Nanoseconds between two looks at all connections.
constexpr std::size_t kFullSpeed = 64 * 1024;  // Bytes a read once nothing is held back.
constexpr int kReceiveBuffer = 16 * 1024;      // Small, so that the server feels how slow its client is.

struct Options {
  Destination to;
  std::size_t readers = 0;         // Clients that read at `rate`.
  std::size_t silent = 0;          // Clients that read nothing while the time runs.
  std::uint64_t rate = 16 * 1024;  // Bytes a second each.
  double seconds = 10;             // After which all read at full speed, to the end.
  double patience = 600;           // Seconds for that.
};

struct Client {
  UniqueFd socket;
  ReplyReader reply;
  std::uint64_t offset = 0;
  std::uint64_t allowance = 0;  // Bytes that it may still read.
  bool silent = false;
  bool over = false;
};

class SlowClients {
 public:
  explicit SlowClients(const Options& options)
      : options_(options),
        request_(get_request(options.to)),
        clients_(options.readers + options.silent),
        buffer_(kFullSpeed) {}

  int run() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].silent = i >= options_.readers;
      clients_[i].socket = connect_to(options_.to.port, kReceiveBuffer);
      if (!send_all(clients_[i].socket.get(), request_)) lose(clients_[i]);
    }
    std::printf("{\"ready\": true}\n");
    std::fflush(stdout);
    read_slowly();
    const std::uint64_t slowly = bytes_;
    const std::size_t early = complete_;
    drain();
    std::printf(
        "{\"clients\": %zu, \"complete\": %zu, \"complete_early\": %zu, \"lost\": %zu, \"wrong\": %zu, "
        "\"not_ok\": %zu, \"bytes\": %llu, \"bytes_slowly\": %llu}\n",
        clients_.size(), complete_, early, lost_, wrong_, not_ok_, static_cast<unsigned long long>(bytes_),
        static_cast<unsigned long long>(slowly));
    return 0;
  }

 private:
  void read_slowly() {
    const std::int64_t begun = now_ns();
    const std::int64_t end = begun + static_cast<std::int64_t>(options_.seconds * 1e9);
    const std::uint64_t share = options_.rate * static_cast<std::uint64_t>(kTick) / 1'000'000'000;
    for (std::int64_t tick = begun; tick < end; tick += kTick) {
      wait_until(tick);
      for (Client& client : clients_) {
        if (client.silent || client.over) continue;
        // A client that finds nothing does not save its share up for a burst later.
        client.allowance = std::min(client.allowance + share, 2 * share);
        client.allowance -= read(client, client.allowance);
      }
    }
  }

  void drain() {
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(options_.patience * 1e9);
    while (complete_ + lost_ < clients_.size() && now_ns() < end) {
      std::uint64_t got = 0;
      for (Client& client : clients_) {
        if (!client.over) got += read(client, buffer_.size());
      }
      if (got == 0) wait_until(now_ns() + 1'000'000);
    }
  }

  /// Reads up to `most` bytes; returns how many there were.
  std::uint64_t read(Client& client, std::uint64_t most) {
    if (most == 0) return 0;
    const std::span space(buffer_.data(), std::min<std::size_t>(most, buffer_.size()));
    const std::optional<std::string_view> bytes = receive(client.socket.get(), space);
    if (!bytes) lose(client);
    if (!bytes || bytes->empty()) return 0;
    client.reply.take(*bytes, [&](std::string_view content) {
      if (!pattern_.matches(client.offset, content)) ++wrong_;
      client.offset += content.size();
      bytes_ += content.size();
    });
    if (client.reply.broken()) lose(client);
    if (client.reply.complete()) {
      if (client.reply.status() != 200) ++not_ok_;
      ++complete_;
      client.over = true;
      client.socket.reset();
    }
    return bytes->size();
  }

  void lose(Client& client) {
    ++lost_;
    client.over = true;
    client.socket.reset();
  }

  static void wait_until(std::int64_t ns) {
    const timespec when{ns / 1'000'000'000, ns % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
  }

  const Options options_;
  const std::string request_;
  const Pattern pattern_;
  std::vector<Client> clients_;
  std::vector<char> buffer_;
  std::size_t complete_ = 0, lost_ = 0, wrong_ = 0, not_ok_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

}  // namespace kismet::bench

int main(int argc, char** argv) {
  kismet::bench::Options options;
  CLI::App app("Reads answers slowly; prints a line of JSON when all have asked, and one at the end.");
  app.add_option("--port", options.to.port)->required();
  app.add_option("--path", options.to.path);
  app.add_option("--cookie", options.to.cookie, "Value of the cookie KISMET");
  app.add_option("--readers", options.readers, "Clients that read at --rate");
  app.add_option("--silent", options.silent, "Clients that read nothing for --seconds");
  app.add_option("--rate", options.rate, "Bytes a second of a reader");
  app.add_option("--seconds", options.seconds, "After which all read at full speed to the end");
  app.add_option("--patience", options.patience, "Seconds for that");
  CLI11_PARSE(app, argc, argv);
  kismet::bench::raise_descriptor_limit();
  return kismet::bench::SlowClients(options).run();
}
