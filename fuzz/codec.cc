// Each codec: any payload is decoded or refused with a reason; what was decoded, encoded again and decoded again, is
// the same; and what a codec encodes, it and its frame parser read.
#include "external/codec.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <variant>

#include "fuzz/check.h"

using namespace kismet;

namespace {

constexpr std::size_t kLimit = 1 << 20;

std::string one_frame(const wire::Codec& codec, const wire::Command& command, wire::Seqno seqno) {
  std::string bytes;
  const std::size_t size = codec.encode(command, seqno, kLimit, bytes);
  FUZZ_CHECK(size > kLimit ? bytes.empty() : bytes.size() == size);
  return bytes;
}

wire::Frame parse(const std::string& bytes, wire::Generation generation) {
  wire::FrameParser parser(kLimit, generation);
  const wire::Parsed parsed = parser.next(bytes);
  const auto* frame = std::get_if<wire::Frame>(&parsed);
  FUZZ_CHECK(frame != nullptr && frame->size == bytes.size());
  return *frame;
}

/// Two encodings are equal where the commands are.
void check_round_trip(const wire::Codec& codec, const wire::Decoded& decoded) {
  if (std::holds_alternative<wire::Unknown>(decoded.command)) return;
  const std::string once = one_frame(codec, decoded.command, decoded.seqno);
  if (once.empty()) return;
  const wire::Frame frame = parse(once, codec.generation());
  const wire::Decoded again = codec.decode(frame);
  FUZZ_CHECK(again.problem.empty());
  FUZZ_CHECK(again.command.index() == decoded.command.index());
  FUZZ_CHECK(one_frame(codec, again.command, again.seqno) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static constexpr const char* kCommands[] = {"MESSAGE",
                                              "PING",
                                              "PONG",
                                              "SHUTDOWN",
                                              "SYSTEMREGISTER",
                                              "EVENTBUSREGISTER",
                                              "EVENT",
                                              "EVENTBUSPUBLISH",
                                              "HTTPREGISTERURI",
                                              "HTTPREQUEST",
                                              "HTTPREQUESTCANCEL",
                                              "HTTPRESPONSE",
                                              "HTTPREQUESTAUTH",
                                              "HTTPAUTH",
                                              "KDSNEWSOURCE"};
  FuzzedDataProvider data(bytes, size);
  wire::Label label;
  label.generation = static_cast<wire::Generation>(data.ConsumeIntegralInRange(0, 2));
  label.command = data.PickValueInArray(kCommands);
  label.type = data.ConsumeIntegralInRange<std::uint16_t>(0, 40);
  label.code = data.ConsumeIntegralInRange<std::uint16_t>(0, 2);
  label.seqno = {data.ConsumeIntegral<std::uint32_t>()};
  const std::string payload = data.ConsumeRemainingBytesAsString();

  std::string frame_bytes(wire::header_size(label.generation), '\0');
  frame_bytes += payload;
  wire::write_header(label, frame_bytes);
  wire::FrameParser parser(kLimit, label.generation);
  const wire::Parsed parsed = parser.next(frame_bytes);
  const auto* frame = std::get_if<wire::Frame>(&parsed);
  if (!frame) return 0;
  FUZZ_CHECK(frame->payload == payload || label.generation == wire::Generation::v0);
  const wire::Codec& codec = wire::codec_of(label.generation);
  const wire::Decoded decoded = codec.decode(*frame);
  if (decoded.problem.empty()) check_round_trip(codec, decoded);
  return 0;
}
