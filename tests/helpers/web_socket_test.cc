#include "helpers/web_socket.h"

#include <catch2/catch.hpp>

namespace kismet::helper {
namespace {

/// A frame as a server sends it, without mask.
std::string frame(unsigned opcode, const std::string& payload) {
  std::string bytes(1, static_cast<char>(0x80U | opcode));
  if (payload.size() <= 125) {
    bytes += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    bytes += {126, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  } else {
    bytes += {127, 0, 0, 0, 0};
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
  }
  return bytes + payload;
}

/// What `wrapped`, one frame of ours, holds: it must be final, masked, and nothing else.
std::string unmasked(const std::string& wrapped, unsigned opcode) {
  const auto at = [&wrapped](std::size_t i) { return static_cast<unsigned char>(wrapped.at(i)); };
  REQUIRE(at(0) == (0x80U | opcode));
  REQUIRE((at(1) & 0x80U) != 0);
  const unsigned marker = at(1) & 0x7FU;
  const std::size_t extra = marker == 126 ? 2 : marker == 127 ? 8 : 0;
  std::size_t size = extra == 0 ? marker : 0;
  for (std::size_t i = 0; i < extra; ++i) size = size << 8 | at(2 + i);
  const std::size_t mask = 2 + extra;
  REQUIRE(wrapped.size() == mask + 4 + size);
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(at(mask + 4 + i) ^ at(mask + i % 4));
  return out;
}

}  // namespace

TEST_CASE("a frame to the daemon is one masked binary message, of whatever length") {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U}) {
    CAPTURE(size);
    const std::string content(size, 'x');
    std::string out;
    WebSocket().wrap(content, out);
    CHECK(unmasked(out, 2) == content);
  }
}

TEST_CASE("messages from the daemon are read, at once and a byte at a time; a ping is answered") {
  const std::string large(70'000, 'y');
  const std::string sent =
      frame(2, "one") + frame(9, "are you there") + frame(2, std::string(300, 'z')) + frame(2, large);
  WebSocket socket;
  std::string raw, content, answers;
  const std::size_t step = GENERATE(1U, 7U, 1'000'000U);
  for (std::size_t at = 0; at < sent.size(); at += step) {
    raw += sent.substr(at, step);
    REQUIRE(socket.unwrap(raw, content, answers));
  }
  CHECK(content == "one" + std::string(300, 'z') + large);
  CHECK(unmasked(answers, 10) == "are you there");
  CHECK(raw.empty());
}

TEST_CASE("the daemon's close is answered and ends the websocket, as does what is none") {
  WebSocket socket;
  std::string content, answers;
  std::string raw = frame(2, "last") + frame(8,
                                             "\x03\xe8"
                                             "bye");
  CHECK_FALSE(socket.unwrap(raw, content, answers));
  CHECK(content == "last");
  CHECK(unmasked(answers, 8) == "\x03\xe8");
  for (std::string wrong : {std::string("\x82\x81"
                                        "abcd_"),
                            frame(1, "text"), frame(3, "")}) {
    CHECK_FALSE(WebSocket().unwrap(wrong, content, answers));
  }
}

TEST_CASE("the handshake's key is answered as RFC 6455 has it") {
  CHECK(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(make_web_socket_key().size() == 24);
  CHECK(make_web_socket_key() != make_web_socket_key());
}

}  // namespace kismet::helper
