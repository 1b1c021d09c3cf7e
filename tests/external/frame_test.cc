#include "external/frame.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/golden.h"

using namespace kismet::wire;
using kismet::testing::unhex;

namespace {

const std::string kPingV0 = unhex("decafbad 08b50167 0000000a 0a0450494e47 1001 1a00");
const std::string kPingV2 = unhex("decafbad abcd0002 00000000 50494e47") + std::string(28, '\0') + unhex("00000001");
const std::string kPingV3 = unhex("decafbad a9a90003 00000000 0002 0001 00000001");

Frame frame_of(FrameParser& parser, std::string_view bytes) {
  const Parsed parsed = parser.next(bytes);
  if (const auto* broken = std::get_if<Broken>(&parsed)) FAIL(broken->why);
  REQUIRE(std::holds_alternative<Frame>(parsed));
  return std::get<Frame>(parsed);
}

std::string why_broken(FrameParser& parser, std::string_view bytes) {
  const Parsed parsed = parser.next(bytes);
  return std::holds_alternative<Broken>(parsed) ? std::get<Broken>(parsed).why : "not broken";
}

bool incomplete(FrameParser& parser, std::string_view bytes) {
  return std::holds_alternative<Incomplete>(parser.next(bytes));
}

std::string with_length(std::string frame, std::uint32_t length) {
  for (std::size_t i = 0; i < 4; ++i) frame[8 + i] = static_cast<char>(length >> (24 - 8 * i));
  return frame;
}

// The payload of a v0 frame whose checksum is `wanted`: an envelope, and content that makes it so.
std::string payload_with_checksum(std::uint32_t wanted) {
  constexpr std::size_t kFree = 600;
  const std::string envelope = unhex("0a0450494e47 1001 1ad804");
  // The first sum: the free bytes add up to what is missing, modulo 65536.
  const std::uint32_t missing = 65536 + (wanted & 0xFFFF) - (checksum(envelope) & 0xFFFF);
  std::string content(kFree, static_cast<char>(missing / kFree));
  for (std::size_t i = 0; i < missing % kFree; ++i) ++content[kFree - 1 - i];
  // The second: one moved d bytes to the front adds d to it, and nothing to the first.
  for (;;) {
    const std::uint32_t rest = ((wanted >> 16) - (checksum(envelope + content) >> 16)) & 0xFFFF;
    if (rest == 0) return envelope + content;
    const std::size_t distance = std::min<std::size_t>(rest, kFree / 2);
    std::size_t to = 0;
    while (content[to] == '\xff' || content[to + distance] == '\0') ++to;
    ++content[to];
    --content[to + distance];
  }
}

}  // namespace

TEST_CASE("the generation of a connection is that of its first frame") {
  const auto [bytes, generation, name] = GENERATE(table<std::string, Generation, std::string>(
      {{kPingV0, Generation::v0, "v0"}, {kPingV2, Generation::v2, "v2"}, {kPingV3, Generation::v3, "v3"}}));
  FrameParser parser(16384);
  CHECK_FALSE(parser.generation());
  const Frame frame = frame_of(parser, bytes);
  CHECK(frame.generation == generation);
  CHECK(frame.size == bytes.size());
  CHECK(parser.generation() == generation);
  CHECK(to_string(generation) == name);
}

TEST_CASE("a header gives up what its generation has in it") {
  FrameParser v2(16384);
  const Frame named = frame_of(v2, kPingV2);
  CHECK(named.command == "PING");
  CHECK(named.seqno.value == 1);
  CHECK(named.payload.empty());
  FrameParser v3(16384);
  const Frame numbered = frame_of(v3, kPingV3);
  CHECK(numbered.type == 2);
  CHECK(numbered.code == 1);
  CHECK(numbered.seqno.value == 1);
  FrameParser v0(16384);
  CHECK(frame_of(v0, kPingV0).payload == kPingV0.substr(12));
}

TEST_CASE("a frame is complete with its last byte, not before, and what follows is left alone") {
  const std::string bytes = GENERATE(kPingV0, kPingV2, kPingV3);
  FrameParser parser(16384);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Parsed parsed = parser.next(std::string_view(bytes).substr(0, size));
    REQUIRE(std::holds_alternative<Incomplete>(parsed));
    CHECK(std::get<Incomplete>(parsed).wanted > size);
    CHECK(std::get<Incomplete>(parsed).wanted <= bytes.size());
  }
  CHECK(frame_of(parser, bytes + bytes).size == bytes.size());
  CHECK(parser.offset() == bytes.size());
}

TEST_CASE("a wrong signature is noticed in its first wrong byte, and named with its place") {
  FrameParser parser(16384);
  CHECK(why_broken(parser, "H") == "bad signature 0x48 at byte 0");
  CHECK(why_broken(parser, unhex("decafb00")) == "bad signature 0xdecafb00 at byte 0");
  frame_of(parser, kPingV0);
  CHECK(incomplete(parser, unhex("decafb")));
  CHECK(why_broken(parser, unhex("00112233")) == "bad signature 0x00112233 at byte 22");
}

TEST_CASE("a v0 frame with another checksum than its payload's ends the connection") {
  FrameParser parser(16384);
  std::string bytes = kPingV0;
  bytes.back() = '\1';
  CHECK(why_broken(parser, bytes) == "checksum 0x08b50167 where the payload has 0x08b60168, at byte 0");
}

TEST_CASE("a frame of the limit is taken, one byte more is not, and no length wraps around") {
  const auto [ping, header] =
      GENERATE(table<std::string, std::uint32_t>({{kPingV0, 12}, {kPingV2, 48}, {kPingV3, 20}}));
  FrameParser parser(16384);
  frame_of(parser, ping);
  CHECK(incomplete(parser, with_length(ping, 16384 - header)));
  CHECK(why_broken(parser, with_length(ping, 16385 - header)) ==
        "a frame of 16385 bytes, over the limit of 16384, at byte " + std::to_string(ping.size()));
  CHECK_THAT(why_broken(parser, with_length(ping, 0xFFFFFFFF)), Catch::Contains("over the limit"));
  CHECK_THAT(why_broken(parser, with_length(ping, 0xFFFFFFF4)), Catch::Contains("over the limit"));
}

TEST_CASE("a connection keeps its generation: a frame of another one ends it") {
  FrameParser parser(16384);
  frame_of(parser, kPingV2);
  CHECK(why_broken(parser, kPingV3) == "not a v2 frame, but 0xa9a90003 after the signature at byte 48");
  FrameParser forced(16384, Generation::v3);
  CHECK(why_broken(forced, kPingV0) == "not a v3 frame, but 0x08b50167 after the signature at byte 0");
}

TEST_CASE("a v0 checksum that looks like the mark of another generation is still a v0 checksum") {
  const std::uint32_t mark = GENERATE(0xABCD0002, 0xA9A90003);
  const std::string payload = payload_with_checksum(mark);
  REQUIRE(checksum(payload) == mark);
  std::string bytes(12, '\0');
  bytes += payload;
  write_header({.generation = Generation::v0}, bytes);
  SECTION("in the first frame, where the bytes cannot be of the other one") {
    FrameParser parser(16384);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      REQUIRE(incomplete(parser, std::string_view(bytes).substr(0, size)));
    }
    CHECK(frame_of(parser, bytes).generation == Generation::v0);
  }
  SECTION("in a later frame, whatever the bytes look like") {
    FrameParser parser(16384);
    frame_of(parser, kPingV0);
    CHECK(frame_of(parser, bytes).generation == Generation::v0);
  }
}

TEST_CASE("a name that fills its field has no NUL after it, and rubbish after a NUL is no part of a name") {
  std::string bytes = kPingV2;
  bytes.replace(12, 32, std::string(32, 'X'));
  FrameParser parser(16384);
  CHECK(frame_of(parser, bytes).command == std::string(32, 'X'));
  bytes.replace(12, 8, std::string("PONG\0abc", 8));
  CHECK(frame_of(parser, bytes).command == "PONG");
}

TEST_CASE("a header that is written is read back") {
  const Generation generation = GENERATE(Generation::v0, Generation::v2, Generation::v3);
  std::string bytes(header_size(generation), '\0');
  bytes += "payload";
  write_header({generation, std::string_view("SYSTEMREGISTER_WITH_A_VERY_LONG_NAME"), 67, 9, {0xFEDCBA98}}, bytes);
  FrameParser parser(16384);
  const Frame frame = frame_of(parser, bytes);
  CHECK(frame.payload == "payload");
  if (generation == Generation::v2) CHECK(frame.command == "SYSTEMREGISTER_WITH_A_VERY_LONG");
  if (generation == Generation::v3) CHECK((frame.type == 67 && frame.code == 9));
  if (generation != Generation::v0) CHECK(frame.seqno.value == 0xFEDCBA98);
}

TEST_CASE("the checksum is the field's, which is not Adler's") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto [bytes, value] = GENERATE_COPY(table<std::string, std::uint32_t>({
      {"", 0},
      {"abc", 0},
      {"abcd", 0x03d4018a},
      {"abcde", 0x05c301ef},
      {all, 0xaa807f80},
      {std::string(1000, '\xff'), 0x70ece418},
      {std::string(8, '\0'), 0},
  }));
  CHECK(checksum(bytes) == value);
}

TEST_CASE("the checksum in blocks is the one byte by byte, at every length and over every wrap") {
  std::string bytes;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  for (std::uint32_t i = 0; i < 70'000; ++i) {
    bytes += static_cast<char>(i % 7 == 0 ? 255 : i * 31);
    first += static_cast<unsigned char>(bytes.back());
    second += first;
    if (i >= 3 && (i < 300 || i % 997 == 0)) REQUIRE(checksum(bytes) == first % 65536 + 65536 * (second % 65536));
  }
}
