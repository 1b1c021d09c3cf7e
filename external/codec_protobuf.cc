#include "external/codec_protobuf.h"

#include "external/protobuf_io.h"
#include "external/schema.h"

namespace kismet::wire::protobuf {

std::size_t command_size(const Command& command) {
  return std::visit(
      []<typename M>(const M& message) -> std::size_t {
        if constexpr (std::is_same_v<M, Unknown>) {
          return 0;
        } else {
          return size_of<Schema<M>>(message);
        }
      },
      command);
}

std::uint8_t* write_command(const Command& command, std::uint8_t* at) {
  return std::visit(
      [at]<typename M>(const M& message) {
        if constexpr (std::is_same_v<M, Unknown>) {
          return at;
        } else {
          return write<Schema<M>>(message, at);
        }
      },
      command);
}

std::string read_command(std::string_view name, std::string_view payload, Command& command) {
  std::string problem;
  if (name == Schema<HttpResponse>::kName) {  // Nearly all of them.
    return read<Schema<HttpResponse>>(payload, command.emplace<HttpResponse>());
  }
  if (name == Schema<HttpAuthRequest>::kAlias) name = Schema<HttpAuthRequest>::kName;
  const bool known = any_command([&]<typename M>(std::type_identity<M>) {
    if (name != Schema<M>::kName) return false;
    problem = read<Schema<M>>(payload, command.emplace<M>());
    return true;
  });
  if (!known) command = Unknown{name};
  return problem;
}

}  // namespace kismet::wire::protobuf
