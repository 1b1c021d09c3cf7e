#include "external/codec.h"
#include "external/codec_protobuf.h"
#include "external/protobuf_io.h"
#include "external/schema.h"

namespace kismet::wire {

namespace {

/// The message KismetExternal.Command, which is the payload of every frame.
struct Envelope {
  std::string_view command;
  Seqno seqno;
  std::string_view content;

  static void fields(auto& m, auto& visit) {
    visit.required(1, m.command);
    visit.required(2, m.seqno.value);
    visit.required(kContent, m.content);
  }
  static constexpr std::uint32_t kContent = 3;
};

/// An envelope but for its content, which is measured and written in place.
struct Opening {
  std::string_view command;
  Seqno seqno;

  static void fields(auto& m, auto& visit) {
    visit.required(1, m.command);
    visit.required(2, m.seqno.value);
  }
};

class CodecV0 final : public Codec {
 public:
  Generation generation() const override { return Generation::v0; }
  // The public Python library, which is what speaks this generation.
  Quirks quirks() const override {
    return {.one_frame_a_read = true, .exits_on_old_pong = true, .splits_event_names = true};
  }

  Decoded decode(const Frame& frame) const override {
    Decoded out;
    Envelope envelope;
    out.problem = protobuf::read<Envelope>(frame.payload, envelope);
    if (!out.problem.empty()) {
      out.problem = "envelope " + out.problem;
      return out;
    }
    out.name = envelope.command;
    out.seqno = envelope.seqno;
    out.problem = protobuf::read_command(envelope.command, envelope.content, out.command);
    return out;
  }

  std::size_t encode(const Command& command, Seqno seqno, std::size_t limit, std::string& out) const override {
    const Opening opening{command_name(command), seqno};
    const std::size_t content = protobuf::command_size(command);
    protobuf::Measure measure{protobuf::size_of<Opening>(opening)};
    measure.text(Envelope::kContent, content);
    const std::size_t size = header_size(Generation::v0) + measure.size;
    if (size > limit) return size;

    const std::size_t begin = out.size();
    out.resize(begin + size);
    const std::span<char> frame(&out[begin], size);
    protobuf::Write write{reinterpret_cast<std::uint8_t*>(&frame[header_size(Generation::v0)])};
    write.at = protobuf::write<Opening>(opening, write.at);
    write.varint(protobuf::tag_of(Envelope::kContent, protobuf::kLength));
    write.varint(content);
    protobuf::write_command(command, write.at);
    write_header({.generation = Generation::v0}, frame);
    return size;
  }
};

}  // namespace

const Codec& codec_v0() {
  static const CodecV0 codec;
  return codec;
}

}  // namespace kismet::wire
