#include "external/codec.h"

namespace kismet::wire {

const Codec* find_codec(Generation generation) {
  switch (generation) {
    case Generation::v0:
      return &codec_v0();
    case Generation::v2:
      return &codec_v2();
    case Generation::v3:
      return nullptr;
  }
  return nullptr;
}

}  // namespace kismet::wire
