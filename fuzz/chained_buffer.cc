// Two chained buffers beside two strings that must hold the same: bytes go in, from one to the other, and out, in any
// order. After each step: the same bytes, in pieces without gaps, and a pool that counts all memory that is held.
#include "base/chained_buffer.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <string>
#include <utility>

#include "base/memory_pool.h"
#include "fuzz/check.h"

using namespace kismet;

namespace {

struct Pair {
  ChainedBuffer buffer;
  std::string model;

  void check() const {
    FUZZ_CHECK(buffer.size() == model.size() && buffer.empty() == model.empty());
    FUZZ_CHECK(buffer.capacity() >= buffer.size());
    std::array<net::const_buffer, 400> pieces;
    const std::size_t count = buffer.front(pieces);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      FUZZ_CHECK(pieces[i].size() > 0);
      FUZZ_CHECK(model.compare(at, pieces[i].size(), static_cast<const char*>(pieces[i].data()), pieces[i].size()) ==
                 0);
      at += pieces[i].size();
    }
    FUZZ_CHECK(count == pieces.size() || at == model.size());
  }
};

class Scene {
 public:
  explicit Scene(FuzzedDataProvider& data) : data_(data) {
    for (Pair& pair : pairs_) pair.buffer.count_in(&pool_);
  }

  void play() {
    for (int steps = 0; steps < 300 && data_.remaining_bytes() > 0; ++steps) {
      const bool second = data_.ConsumeBool();
      step(pairs_[second], pairs_[!second]);
      for (const Pair& pair : pairs_) pair.check();
      FUZZ_CHECK(pool_.used() == pairs_[0].buffer.capacity() + pairs_[1].buffer.capacity());
    }
    for (Pair& pair : pairs_) pair.buffer.clear();
    FUZZ_CHECK(pool_.used() == 0);
  }

 private:
  enum class Act : std::uint8_t { append, fill, consume, splice, move, clear, kMaxValue = clear };

  void step(Pair& one, Pair& other) {
    switch (data_.ConsumeEnum<Act>()) {
      case Act::append: {
        const std::string bytes = next(100'000);
        one.buffer.append(bytes);
        one.model += bytes;
        return;
      }
      case Act::fill: {
        const std::string bytes = next(10'000);
        const auto spare = data_.ConsumeIntegralInRange<std::size_t>(1, 10'000);
        const std::span<char> room = one.buffer.prepare(bytes.size() + spare);
        FUZZ_CHECK(room.size() == bytes.size() + spare);
        bytes.copy(room.data(), bytes.size());
        one.buffer.commit(bytes.size());
        one.model += bytes;
        return;
      }
      case Act::consume: {
        const auto count = data_.ConsumeIntegralInRange<std::size_t>(0, one.model.size());
        one.buffer.consume(count);
        one.model.erase(0, count);
        return;
      }
      case Act::splice:
        one.buffer.splice(std::move(other.buffer));
        one.model += std::exchange(other.model, {});
        return;
      case Act::move:
        one.buffer = std::move(other.buffer);
        one.model = std::exchange(other.model, {});
        return;
      case Act::clear:
        one.buffer.clear();
        one.model.clear();
        return;
    }
  }

  /// Bytes that tell their place, few or many.
  std::string next(std::size_t most) {
    std::string bytes(data_.ConsumeIntegralInRange<std::size_t>(0, most >> data_.ConsumeIntegralInRange(0, 16)), '\0');
    for (char& byte : bytes) byte = static_cast<char>((count_++ * 2654435761U) >> 13);
    return bytes;
  }

  FuzzedDataProvider& data_;
  MemoryPool pool_{1 << 20};
  std::array<Pair, 2> pairs_;
  std::uint32_t count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  Scene(data).play();
  return 0;
}
