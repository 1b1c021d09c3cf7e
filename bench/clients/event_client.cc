// Web sockets on the event feed, all subscribed to the bench helper's topic: does every event reach each, and how soon.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
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

constexpr std::size_t kReadSize = 256 * 1024;
constexpr unsigned char kText = 0x81, kClose = 0x88, kPing = 0x89, kPongFrame = 0x8A, kMasked = 0x80;

struct Options {
  Destination to;
  std::size_t clients = 100;
  std::string topic = "BENCH";
  double seconds = 5;
};

struct Client {
  UniqueFd socket;
  ReplyReader handshake;
  std::string input;  // Less than a frame.
  Arrivals arrivals;
  bool begun = false;  // Has had an event.
};

/// A client's frame; the mask is zero, which leaves the payload as it is.
std::string client_frame(unsigned char first, std::string_view payload) {
  std::string frame{static_cast<char>(first), static_cast<char>(kMasked | payload.size()), 0, 0, 0, 0};
  return frame += payload;
}

/// The number after `name` in an event, whether its JSON stands bare or within a string.
bool find_number(std::string_view event, std::string_view name, auto& value) {
  std::size_t at = event.find(name);
  if (at == std::string_view::npos) return false;
  at = event.find_first_of("0123456789", at + name.size());
  return at != std::string_view::npos &&
         std::from_chars(event.data() + at, event.data() + event.size(), value).ec == std::errc();
}

class EventClient {
 public:
  explicit EventClient(const Options& options) : options_(options), clients_(options.clients), buffer_(kReadSize) {}

  int run() {
    for (std::size_t i = 0; i < clients_.size(); ++i) open(clients_[i], i);
    receive_for(1);
    std::printf("{\"ready\": true, \"handshakes\": %zu}\n", handshakes_);
    std::fflush(stdout);
    latency_.clear();
    events_ = missing_ = 0;
    const std::int64_t begun = now_ns();
    receive_for(options_.seconds);
    std::printf(
        "{\"clients\": %zu, \"lost\": %zu, \"seconds\": %.3f, \"events\": %llu, \"missing\": %llu, \"latency_ms\": "
        "%s}\n",
        clients_.size(), lost_, static_cast<double>(now_ns() - begun) / 1e9, static_cast<unsigned long long>(events_),
        static_cast<unsigned long long>(missing_), latency_.json().c_str());
    return 0;
  }

 private:
  void open(Client& client, std::size_t index) {
    client.socket = connect_to(options_.to.port);
    poller_.add(client.socket.get(), index);
    const std::string request = get_request(options_.to,
                                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                            "Sec-WebSocket-Version: 13\r\n"
                                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    if (!send_all(client.socket.get(), request)) lose(client);
  }

  void receive_for(double seconds) {
    const std::int64_t deadline = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    poller_.run_until(
        deadline, [this](std::size_t index) { read(clients_[index]); }, [] { return false; });
  }

  void read(Client& client) {
    const std::optional<std::string_view> received = receive(client.socket.get(), buffer_);
    if (!received) return lose(client);
    if (received->empty()) return;
    std::string_view bytes = *received;
    if (!client.handshake.complete()) {
      bytes.remove_prefix(client.handshake.take(bytes, [](std::string_view) {}));
      if (!client.handshake.complete()) return;
      if (client.handshake.status() != 101) return lose(client);
      ++handshakes_;
      if (!send_all(client.socket.get(), client_frame(kText, "{\"SUBSCRIBE\": \"" + options_.topic + "\"}")))
        return lose(client);
    }
    if (!client.input.empty()) {
      client.input += bytes;
      bytes = client.input;
    }
    const std::int64_t now = now_ns();
    std::size_t size = 0;
    while (client.socket && (size = take_frame(client, bytes, now)) > 0) bytes.remove_prefix(size);
    client.input = std::string(bytes);
  }

  /// Returns the frame's size; 0 if it is not all there.
  std::size_t take_frame(Client& client, std::string_view bytes, std::int64_t now) {
    if (bytes.size() < 2) return 0;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    std::size_t header = 2;
    std::uint64_t length = byte(1) & 127;
    if (length >= 126) {
      const std::size_t wide = length == 126 ? 2 : 8;
      if (bytes.size() < 2 + wide) return 0;
      length = 0;
      for (std::size_t i = 0; i < wide; ++i) length = length << 8 | byte(2 + i);
      header += wide;
    }
    if (bytes.size() < header + length) return 0;
    const std::string_view payload = bytes.substr(header, length);
    if (byte(0) == kText) take_event(client, payload, now);
    if (byte(0) == kPing) send_all(client.socket.get(), client_frame(kPongFrame, payload));
    if (byte(0) == kClose) lose(client);
    return header + length;
  }

  void take_event(Client& client, std::string_view event, std::int64_t now) {
    std::uint64_t number = 0;
    std::int64_t sent = 0;
    if (!find_number(event, "number", number) || !find_number(event, "sent", sent)) return;
    if (!client.begun) client.arrivals.next = number;
    client.begun = true;
    missing_ += client.arrivals.add(number, now);
    latency_.add(now - sent);
    ++events_;
  }

  void lose(Client& client) {
    if (!client.socket) return;
    ++lost_;
    poller_.remove(client.socket.get());
    client.socket.reset();
  }

  const Options options_;
  Poller poller_;
  std::vector<Client> clients_;
  std::vector<char> buffer_;
  std::size_t handshakes_ = 0, lost_ = 0;
  std::uint64_t events_ = 0, missing_ = 0;
  Samples latency_;
};

}  // namespace

}  // namespace kismet::bench

int main(int argc, char** argv) {
  kismet::bench::Options options;
  options.to.path = "/eventbus/events.ws";
  CLI::App app("Subscribes on many web sockets; prints a line of JSON when all are open, and one at the end.");
  app.add_option("--port", options.to.port)->required();
  app.add_option("--path", options.to.path);
  app.add_option("--cookie", options.to.cookie, "Value of the cookie KISMET");
  app.add_option("--clients", options.clients);
  app.add_option("--topic", options.topic);
  app.add_option("--seconds", options.seconds);
  CLI11_PARSE(app, argc, argv);
  kismet::bench::raise_descriptor_limit();
  return kismet::bench::EventClient(options).run();
}
