#include "external/codec.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "kismet_external.pb.h"
#include "tests/support/golden.h"

using namespace kismet::wire;
using kismet::testing::golden_commands;
using kismet::testing::golden_frames;
using kismet::testing::unhex;

namespace {

constexpr std::size_t kNoLimit = 1 << 24;

Frame frame_of(std::string_view bytes) {
  FrameParser parser(kNoLimit);
  const Parsed parsed = parser.next(bytes);
  REQUIRE(std::holds_alternative<Frame>(parsed));
  return std::get<Frame>(parsed);
}

std::string encoded(const Codec& codec, const Command& command, Seqno seqno = {1}) {
  std::string bytes;
  const std::size_t size = codec.encode(command, seqno, kNoLimit, bytes);
  CHECK(size == bytes.size());
  return bytes;
}

// A frame of v2, whose payload may be anything.
std::string frame_with(std::string_view command, std::string_view payload) {
  std::string bytes(48, '\0');
  bytes += payload;
  write_header({.generation = Generation::v2, .command = command}, bytes);
  return bytes;
}

std::string problem_with(std::string_view command, std::string_view payload) {
  const std::string bytes = frame_with(command, payload);
  return codec_v2().decode(frame_of(bytes)).problem;
}

template <typename M>
M read(const std::string& bytes) {
  const Decoded decoded = codec_v2().decode(frame_of(bytes));
  CHECK(decoded.problem == "");
  REQUIRE(std::holds_alternative<M>(decoded.command));
  return std::get<M>(decoded.command);
}

}  // namespace

TEST_CASE("every command is written as its golden frame") {
  const Generation generation = GENERATE(Generation::v0, Generation::v2, Generation::v3);
  const Codec& codec = codec_of(generation);
  for (const auto& golden : golden_frames(generation)) {
    INFO(golden.name);
    CHECK(encoded(codec, golden_commands().at(golden.name), golden.seqno) == golden.bytes);
  }
}

TEST_CASE("every golden frame is read as its command") {
  const Generation generation = GENERATE(Generation::v0, Generation::v2, Generation::v3);
  const Codec& codec = codec_of(generation);
  for (const auto& golden : golden_frames(generation)) {
    INFO(golden.name);
    const Decoded decoded = codec.decode(frame_of(golden.bytes));
    CHECK(decoded.problem == "");
    CHECK(decoded.name == golden.name.substr(0, golden.name.find('_')));
    CHECK(decoded.seqno == golden.seqno);
    CHECK(decoded.command.index() == golden_commands().at(golden.name).index());
    CHECK(encoded(codec, decoded.command, decoded.seqno) == golden.bytes);
  }
}

TEST_CASE("a frame longer than the limit is measured, not written") {
  const Codec& codec = codec_of(GENERATE(Generation::v0, Generation::v2, Generation::v3));
  const std::string text(1000, 'x');
  const Command command = Message{2, text};
  std::string bytes = "before";
  const std::size_t size = codec.encode(command, {1}, 1000, bytes);
  CHECK(bytes == "before");
  CHECK(codec.encode(command, {1}, size - 1, bytes) == size);
  CHECK(bytes == "before");
  CHECK(codec.encode(command, {1}, size, bytes) == size);
  CHECK(bytes.size() == 6 + size);
}

TEST_CASE("both names of the token request mean it") {
  CHECK(
      std::holds_alternative<HttpAuthRequest>(codec_v2().decode(frame_of(frame_with("HTTPREQUESTAUTH", ""))).command));
  CHECK(std::holds_alternative<HttpAuthRequest>(codec_v2().decode(frame_of(frame_with("HTTPAUTHREQ", ""))).command));
}

TEST_CASE("a command that nobody knows is no error") {
  const Codec& codec = codec_of(GENERATE(Generation::v0, Generation::v2));
  const std::string bytes = encoded(codec, Unknown{"KDSPROBESOURCE"});
  const Decoded decoded = codec.decode(frame_of(bytes));
  CHECK(decoded.problem == "");
  CHECK(decoded.name == "KDSPROBESOURCE");
  CHECK(std::get<Unknown>(decoded.command).command == "KDSPROBESOURCE");
}

TEST_CASE("a shutdown without a reason, as old helpers send it, is one") {
  CHECK(read<Shutdown>(frame_with("SHUTDOWN", "")).reason == "");
}

TEST_CASE("a message type that nobody knows is kept") {
  CHECK(read<Message>(frame_with("MESSAGE", unhex("08e807 1200"))).type == 1000);
}

TEST_CASE("the rules of protobuf hold") {
  SECTION("the last value wins") {
    CHECK(read<Pong>(frame_with("PONG", unhex("0801 0802"))).ping.value == 2);
    CHECK(read<SystemRegister>(frame_with("SYSTEMREGISTER", unhex("0a0161 0a0162"))).subsystem == "b");
  }
  SECTION("unknown fields of every kind are skipped, and so is a known one of another kind") {
    const std::string unknown = unhex("18ff01 21 0000000000000000 2a0161 33 0801 3b 3c 34 3d 00000000 0a0161");
    CHECK(read<Pong>(frame_with("PONG", unknown + unhex("0807"))).ping.value == 7);
  }
  SECTION("numbers are cut to 32 bits, and booleans are true but for 0") {
    CHECK(read<Pong>(frame_with("PONG", unhex("08ffffffffffffffffff01"))).ping.value == 0xFFFFFFFF);
    CHECK(read<HttpResponse>(frame_with("HTTPRESPONSE", unhex("0800 2880808080808001"))).close);
    CHECK_FALSE(read<HttpResponse>(frame_with("HTTPRESPONSE", unhex("0800 2800"))).close);
  }
}

TEST_CASE("what is malformed is named, whatever it is") {
  const auto [why, payload, problem] = GENERATE(table<std::string, std::string, std::string>({
      {"nothing where something is required", "", "required field 1 is missing"},
      {"the second of two", "0a0161", "required field 2 is missing"},
      {"a tag without a value", "0a", "malformed at byte 1"},
      {"a text that is cut", "0a0561", "malformed at byte 2"},
      {"a length that wraps", "0affffffff0f61", "malformed at byte 6"},
      {"a number that is cut", "08ff", "malformed at byte 2"},
      {"a number without end", "08ffffffffffffffffffffff01", "malformed at byte 1"},
      {"field number 0", "0001", "malformed at byte 1"},
      {"a group that does not end", "0b0801", "malformed at byte 3"},
      {"a group that ends as another", "0b14", "malformed at byte 2"},
      {"an end without a group", "0c", "malformed at byte 1"},
      {"a kind that does not exist", "0f", "malformed at byte 1"},
      {"a fixed number that is cut", "0d000000", "malformed at byte 4"},
  }));
  INFO(why);
  CHECK(problem_with("EVENTBUSPUBLISH", unhex(payload)) == problem);
}

TEST_CASE("groups nest so deep and no deeper") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '\x1b') + std::string(depth, '\x1c') + unhex("0801");
  };
  CHECK(problem_with("PONG", nested(99)) == "");
  CHECK(problem_with("PONG", nested(100'000)) != "");
}

TEST_CASE("a header without its value spoils the answer that it is in") {
  CHECK(problem_with("HTTPRESPONSE", unhex("0800 1203 0a0161")) != "");
}

TEST_CASE("an envelope that cannot be read has no name") {
  std::string bytes(12, '\0');
  bytes += unhex("0a0450494e47 1001");
  write_header({.generation = Generation::v0}, bytes);
  const Decoded decoded = codec_v0().decode(frame_of(bytes));
  CHECK(decoded.name == "");
  CHECK(decoded.problem == "envelope required field 3 is missing");
}

TEST_CASE("damaged answers are read, or refused, as the generated code does it") {
  std::mt19937 random(11);
  const auto below = [&random](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::string whole;
  for (const auto& golden : golden_frames(Generation::v2)) {
    if (golden.name == "HTTPRESPONSE") whole = golden.bytes.substr(48);
  }
  REQUIRE(!whole.empty());
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string payload = whole;
    for (std::size_t damage = below(3) + 1; damage > 0; --damage) {
      const std::size_t at = below(payload.size());
      switch (below(4)) {
        case 0:
          payload[at] = static_cast<char>(below(256));
          break;
        case 1:
          payload.erase(at, 1);
          break;
        case 2:
          payload.insert(at, 1, static_cast<char>(below(64)));
          break;
        default:
          payload += payload.substr(at);
      }
      if (payload.empty()) payload = "x";
    }
    KismetExternal::HttpResponse theirs;
    const bool good = theirs.ParsePartialFromString(payload) && theirs.IsInitialized();
    const std::string bytes = frame_with("HTTPRESPONSE", payload);
    const Decoded decoded = codec_v2().decode(frame_of(bytes));
    REQUIRE(decoded.problem.empty() == good);
    if (!good) continue;
    ++accepted;
    const auto& ours = std::get<HttpResponse>(decoded.command);
    REQUIRE(ours.id.value == theirs.req_id());
    REQUIRE(ours.content == theirs.content());
    REQUIRE(ours.result_code.value_or(0) == theirs.resultcode());
    REQUIRE(ours.close == theirs.close_response());
    REQUIRE(static_cast<int>(ours.headers.size()) == theirs.header_content_size());
    for (int i = 0; i < theirs.header_content_size(); ++i) {
      REQUIRE(ours.headers[static_cast<std::size_t>(i)].first == theirs.header_content(i).header());
      REQUIRE(ours.headers[static_cast<std::size_t>(i)].second == theirs.header_content(i).content());
    }
  }
  CHECK(accepted > 1000);
}
