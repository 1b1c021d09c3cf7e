#include <type_traits>

#include "external/codec.h"
#include "external/msgpack_io.h"
#include "external/schema.h"

namespace kismet::wire {

namespace {

// What the daemon says in a header about every command of its own: success.
constexpr std::uint16_t kSuccess = 1;
// A command of v3 alone: an error to be shown.
constexpr std::uint16_t kErrorType = 6;

struct ErrorFields {
  static void fields(auto& m, auto& visit) { visit.expected(1, m.text); }
};

/// The fields of a command in v3: those of all generations, but for PONG, whose number is the frame's.
template <typename M>
struct Fields : Schema<M> {};

template <>
struct Fields<Pong> {
  static void fields(auto&, auto&) {}
};

template <>
struct Fields<Unknown> {
  static void fields(auto&, auto&) {}
};

template <typename M, typename Out>
msgpack::Pack<Out> packed(const M& message, Out out) {
  msgpack::Pack<Out> pack{out};
  Present<msgpack::Pack<Out>> present{pack};
  Fields<M>::fields(message, present);
  return pack;
}

/// Appends the frame of `message`, unless it is longer than `limit`; returns its length.
template <typename M>
std::size_t append(const M& message, Label label, std::size_t limit, std::string& out) {
  const auto fields = packed(message, msgpack::Count{});
  msgpack::Pack<msgpack::Count> map{};
  if (fields.fields > 0) map.map(fields.fields);
  const std::size_t header = header_size(Generation::v3);
  const std::size_t size = header + map.out.size + fields.out.size;
  if (size > limit) return size;

  const std::size_t begin = out.size();
  out.resize(begin + size);
  msgpack::Pack<msgpack::Put> put{{&out[begin] + header}};
  if (fields.fields > 0) put.map(fields.fields);
  packed(message, put.out);
  write_header(label, {&out[begin], size});
  return size;
}

class CodecV3 final : public Codec {
 public:
  Generation generation() const override { return Generation::v3; }
  Quirks quirks() const override { return {.holds_small_frames = true}; }

  Decoded decode(const Frame& frame) const override {
    Decoded out;
    out.seqno = frame.seqno;
    msgpack::Read in(frame.payload);
    if (frame.type == kErrorType) {
      out.name = "ERROR";
      Message& message = out.command.emplace<Message>();
      message.type = 4;
      out.problem = read_fields<ErrorFields>(in, message);
      return out;
    }
    const bool known = any_command([&]<typename M>(std::type_identity<M>) {
      if (frame.type != Schema<M>::kType) return false;
      out.name = Schema<M>::kName;
      M& message = out.command.emplace<M>();
      out.problem = read_fields<Fields<M>>(in, message);
      if constexpr (std::is_same_v<M, Pong>) message.ping = frame.seqno;
      return true;
    });
    if (!known) out.command = Unknown{.command = {}, .type = frame.type};
    return out;
  }

  std::size_t encode(const Command& command, Seqno seqno, std::size_t limit, std::string& out) const override {
    Label label{.generation = Generation::v3, .code = kSuccess, .seqno = seqno};
    const auto append_any = [&]<typename M>(const M& message) {
      if constexpr (std::is_same_v<M, Unknown>) {
        label.type = message.type;
      } else {
        label.type = Schema<M>::kType;
      }
      if constexpr (std::is_same_v<M, Pong>) label.seqno = message.ping;
      return append(message, label, limit, out);
    };
    return std::visit(append_any, command);
  }
};

}  // namespace

const Codec& codec_v3() {
  static const CodecV3 codec;
  return codec;
}

}  // namespace kismet::wire
