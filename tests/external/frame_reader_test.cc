#include "external/frame_reader.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "external/codec.h"

using namespace kismet;

namespace {

std::string message(std::size_t length) {
  const std::string text(length, 'x');
  std::string bytes;
  wire::codec_v2().encode(wire::Message{2, text}, {1}, 1 << 24, bytes);
  return bytes;
}

std::size_t give(FrameReader& reader, std::string_view bytes) {
  const std::span<char> space = reader.space();
  REQUIRE_FALSE(space.empty());
  const std::size_t count = std::min(space.size(), bytes.size());
  std::memcpy(space.data(), bytes.data(), count);
  reader.commit(count);
  return count;
}

}  // namespace

TEST_CASE("a buffer grows for the frame that needs it, and shrinks after it") {
  FrameReader reader(8192, 1 << 20, std::nullopt);
  const std::string large = message(100'000);
  std::string_view left = large;
  while (!left.empty()) {
    left.remove_prefix(give(reader, left));
    const wire::Parsed parsed = reader.next();
    CHECK(std::holds_alternative<wire::Frame>(parsed) == left.empty());
    CHECK(reader.capacity() <= large.size());
  }
  reader.space();
  CHECK(reader.capacity() == 8192);
}

TEST_CASE("frames come out whole and in order, however the bytes come in") {
  FrameReader reader(4096, 1 << 20, std::nullopt);
  std::mt19937 random(9);
  std::string stream;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 500; ++i) {
    const std::string frame = message(random() % (i % 50 == 0 ? 20'000 : 600));
    sizes.push_back(frame.size());
    stream += frame;
  }
  std::vector<std::size_t> found;
  std::string_view left = stream;
  while (!left.empty()) {
    left.remove_prefix(give(reader, left.substr(0, random() % 3000 + 1)));
    for (;;) {
      const wire::Parsed parsed = reader.next();
      REQUIRE_FALSE(std::holds_alternative<wire::Broken>(parsed));
      const auto* frame = std::get_if<wire::Frame>(&parsed);
      if (!frame) break;
      found.push_back(frame->size);
    }
  }
  CHECK(found == sizes);
  CHECK(reader.pending() == 0);
}
