// The frame decoder: whatever the bytes, and however they are cut, the same frames come out, the buffer keeps its
// bound, and a broken stream is broken at the same byte.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "external/codec.h"
#include "external/frame_reader.h"
#include "fuzz/check.h"

using namespace kismet;

namespace {

constexpr std::size_t kUsualSize = 64;
constexpr std::size_t kFrameLimit = 4096;

struct Found {
  std::vector<std::string> frames;
  bool broken = false;  // How it is broken may be told better, the more bytes there are.
  friend bool operator==(const Found&, const Found&) = default;
};

/// Puts whole frames between the fuzzer's bytes, for it would hardly guess a checksum.
std::string make_stream(FuzzedDataProvider& data) {
  std::string stream;
  for (int parts = data.ConsumeIntegralInRange(0, 8); parts > 0; --parts) {
    if (data.ConsumeBool()) {
      stream += data.ConsumeRandomLengthString(200);
      continue;
    }
    const auto generation = static_cast<wire::Generation>(data.ConsumeIntegralInRange(0, 2));
    const std::string text = data.ConsumeRandomLengthString(5000);
    wire::codec_of(generation).encode(wire::Message{2, text}, {data.ConsumeIntegral<std::uint32_t>()}, 1 << 20, stream);
  }
  return stream;
}

Found read(const std::string& stream, const std::vector<std::size_t>& cuts, std::optional<wire::Generation> forced) {
  FrameReader reader(kUsualSize, kFrameLimit, forced);
  Found found;
  std::string_view left = stream;
  std::size_t cut = 0;
  while (!left.empty()) {
    const std::span<char> space = reader.space();
    FUZZ_CHECK(!space.empty());
    const std::size_t wish = cuts.empty() ? left.size() : cuts[cut++ % cuts.size()];
    const std::size_t count = std::min({space.size(), left.size(), std::max<std::size_t>(wish, 1)});
    std::memcpy(space.data(), left.data(), count);
    reader.commit(count);
    left.remove_prefix(count);
    for (;;) {
      const wire::Parsed parsed = reader.next();
      if (const auto* broken = std::get_if<wire::Broken>(&parsed)) {
        FUZZ_CHECK(!broken->why.empty());
        found.broken = true;
        return found;
      }
      const auto* frame = std::get_if<wire::Frame>(&parsed);
      if (!frame) break;
      FUZZ_CHECK(frame->size <= kFrameLimit && frame->payload.size() <= frame->size);
      found.frames.emplace_back(frame->payload);
    }
    FUZZ_CHECK(reader.capacity() <= std::max(kUsualSize, kFrameLimit));
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  std::optional<wire::Generation> forced;
  if (data.ConsumeBool()) forced = static_cast<wire::Generation>(data.ConsumeIntegralInRange(0, 2));
  std::vector<std::size_t> cuts;
  for (int count = data.ConsumeIntegralInRange(1, 8); count > 0; --count) {
    cuts.push_back(data.ConsumeIntegralInRange<std::size_t>(1, 300));
  }
  const std::string stream = make_stream(data);
  const Found whole = read(stream, {}, forced);
  FUZZ_CHECK(read(stream, cuts, forced) == whole);
  FUZZ_CHECK(read(stream, {1}, forced) == whole);
  return 0;
}
