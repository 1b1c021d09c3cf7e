#include "external/codec.h"
#include "external/codec_protobuf.h"
#include "external/schema.h"

namespace kismet::wire {

namespace {

class CodecV2 final : public Codec {
 public:
  Generation generation() const override { return Generation::v2; }
  Quirks quirks() const override { return {}; }

  Decoded decode(const Frame& frame) const override {
    Decoded out;
    out.name = frame.command;
    out.seqno = frame.seqno;
    out.problem = protobuf::read_command(frame.command, frame.payload, out.command);
    return out;
  }

  std::size_t encode(const Command& command, Seqno seqno, std::size_t limit, std::string& out) const override {
    const std::size_t size = header_size(Generation::v2) + protobuf::command_size(command);
    if (size > limit) return size;
    const std::size_t begin = out.size();
    out.resize(begin + size);
    const std::span<char> frame(&out[begin], size);
    protobuf::write_command(command, reinterpret_cast<std::uint8_t*>(frame.data() + header_size(Generation::v2)));
    write_header({.generation = Generation::v2, .command = command_name(command), .seqno = seqno}, frame);
    return size;
  }
};

}  // namespace

const Codec& codec_v2() {
  static const CodecV2 codec;
  return codec;
}

}  // namespace kismet::wire
