#include "external/codec.h"

#include <array>

#include "external/schema.h"

namespace kismet::wire {

std::string_view command_name_at(std::size_t index) {
  constexpr auto names = []<typename... Ms>(std::type_identity<std::variant<Ms...>>) {
    constexpr auto name = []<typename M>(std::type_identity<M>) -> std::string_view {
      if constexpr (std::is_same_v<M, Unknown>) {
        return "UNKNOWN";
      } else {
        return Schema<M>::kName;
      }
    };
    return std::array<std::string_view, sizeof...(Ms)>{name(std::type_identity<Ms>{})...};
  }(std::type_identity<Command>{});
  return names.at(index);
}

const Codec& codec_of(Generation generation) {
  if (generation == Generation::v2) return codec_v2();
  return generation == Generation::v3 ? codec_v3() : codec_v0();
}

}  // namespace kismet::wire
