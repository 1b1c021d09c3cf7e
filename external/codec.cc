#include "external/codec.h"

namespace kismet::wire {

const Codec& codec_of(Generation generation) {
  if (generation == Generation::v2) return codec_v2();
  return generation == Generation::v3 ? codec_v3() : codec_v0();
}

}  // namespace kismet::wire
