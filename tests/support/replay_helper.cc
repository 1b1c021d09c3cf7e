// Plays a recording of a helper's wire (`kismet ctl wire NAME --record FILE`) to a daemon: says what the recorded
// helper said, waits where it was spoken to, and compares what the daemon says with what it said then.
//
//   replay_helper --file=RECORD --in-fd=N --out-fd=M
//
// PING and PONG follow the clock and are left out on both sides; PINGs of the daemon are answered. Events are left out
// too. At the end it says "replayed N frames" on standard output, or what differs, and ends with exit code 100.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "external/codec.h"
#include "external/frame_mask.h"

namespace {

using namespace kismet;

constexpr std::size_t kFrameLimit = 64 * 1024 * 1024;
constexpr int kStayDown = 100;

[[noreturn]] void end(const std::string& text) {
  std::cout << text << std::endl;
  std::_Exit(kStayDown);
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
  }
  return bytes;
}

struct Recorded {
  bool in = false;
  std::string command;
  std::string bytes;
};

bool follows_the_clock(std::string_view command) {
  return command == "PING" || command == "PONG" || command == "EVENT" || command == "SHUTDOWN";
}

std::vector<Recorded> read_record(const std::string& path) {
  std::ifstream file(path);
  std::vector<Recorded> all;
  std::string line;
  if (!std::getline(file, line) || !nlohmann::json::parse(line, nullptr, false).contains("kismet_wire_capture")) {
    end("no recording: " + path);
  }
  while (std::getline(file, line)) {
    const nlohmann::json frame = nlohmann::json::parse(line, nullptr, false);
    if (!frame.is_object() || !frame.contains("frame")) continue;
    Recorded recorded{frame.value("direction", "") == "in", frame.value("command", ""),
                      from_base64(frame.value("frame", ""))};
    if (!follows_the_clock(recorded.command)) all.push_back(std::move(recorded));
  }
  if (all.empty()) end("an empty recording: " + path);
  return all;
}

/// A frame's command without credentials and numbers of frames, in the form in which two are compared.
std::string essence(const wire::Codec& codec, const wire::Command& command) {
  const wire::MaskedCommand masked(command);
  std::string bytes;
  codec.encode(masked.command(), wire::Seqno{1}, kFrameLimit, bytes);
  return bytes;
}

class Player {
 public:
  Player(int in, int out, wire::Generation generation)
      : in_(in), out_(out), codec_(wire::codec_of(generation)), parser_(kFrameLimit, generation) {}

  void say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(out_, bytes.data(), bytes.size());
      if (count <= 0) std::_Exit(0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// Waits for the next frame that does not follow the clock, and compares it.
  void expect(const Recorded& recorded) {
    wire::FrameParser parser(kFrameLimit, codec_.generation());
    const wire::Parsed then = parser.next(recorded.bytes);
    const auto* frame = std::get_if<wire::Frame>(&then);
    if (!frame) end("the recording has a frame that is none");
    const wire::Decoded wanted = codec_.decode(*frame);
    for (;;) {
      const std::string bytes = next();
      wire::FrameParser again(kFrameLimit, codec_.generation());
      const wire::Parsed parsed = again.next(bytes);
      const wire::Decoded heard = codec_.decode(std::get<wire::Frame>(parsed));
      if (std::holds_alternative<wire::Ping>(heard.command)) {
        std::string pong;
        codec_.encode(wire::Pong{heard.seqno}, wire::Seqno{1}, kFrameLimit, pong);
        say(pong);
      }
      if (follows_the_clock(heard.name)) continue;
      if (essence(codec_, heard.command) == essence(codec_, wanted.command)) return;
      end("differs: the daemon said " + std::string(heard.name) + " where it had said " + recorded.command);
    }
  }

 private:
  std::string next() {
    for (;;) {
      const wire::Parsed parsed = parser_.next(unread_);
      if (const auto* frame = std::get_if<wire::Frame>(&parsed)) {
        std::string bytes = unread_.substr(0, frame->size);
        unread_.erase(0, frame->size);
        return bytes;
      }
      if (const auto* broken = std::get_if<wire::Broken>(&parsed)) end("the daemon sent no frame: " + broken->why);
      char space[64 * 1024];
      const ssize_t count = ::read(in_, space, sizeof space);
      if (count <= 0) std::_Exit(0);
      unread_.append(space, static_cast<std::size_t>(count));
    }
  }

  int in_;
  int out_;
  const wire::Codec& codec_;
  wire::FrameParser parser_;
  std::string unread_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string path;
  int in = 3;
  int out = 4;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument.starts_with("--file=")) path = argument.substr(7);
    if (argument.starts_with("--in-fd=")) in = std::atoi(argv[i] + 8);
    if (argument.starts_with("--out-fd=")) out = std::atoi(argv[i] + 9);
  }
  const std::vector<Recorded> record = read_record(path);
  wire::FrameParser first(kFrameLimit);
  const wire::Parsed parsed = first.next(record.front().bytes);
  const auto* frame = std::get_if<wire::Frame>(&parsed);
  if (!frame) end("the recording begins with a frame that is none");
  Player player(in, out, frame->generation);
  for (const Recorded& recorded : record) {
    if (recorded.in) {
      player.say(recorded.bytes);
    } else {
      player.expect(recorded);
    }
  }
  end("replayed " + std::to_string(record.size()) + " frames");
}
