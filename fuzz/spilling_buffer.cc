// An answer's buffer between memory and a disk that stands still, forgets its cache and fails, beside a model that
// knows how many bytes went in and out: they leave in order, and all of them unless the disk has failed; limits hold;
// in the end nothing is held.
#include "base/spilling_buffer.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <string>

#include "fuzz/check.h"
#include "tests/support/loop_until.h"
#include "tests/support/memory_spill_file.h"

using namespace kismet;

namespace {

constexpr std::uint64_t kLimit = 400'000;

char byte_at(std::uint64_t place) {
  return static_cast<char>((place * 2654435761U) >> 13);
}

BufferLimits small_limits() {
  BufferLimits limits;
  limits.memory_each = 8 * 1024;
  limits.memory = 128 * 1024;
  limits.disk = 300 * 1024;
  return limits;
}

class Scene {
 public:
  explicit Scene(FuzzedDataProvider& data) : data_(data) {
    disk_->cached = data.ConsumeBool();
    disk_->may_punch = data.ConsumeBool();
    disk_->opens = data.ConsumeIntegralInRange(0, 9) != 0;
    if (data.ConsumeBool()) disk_->good_writes = data.ConsumeIntegralInRange(0, 30);
    if (data.ConsumeBool()) disk_->good_reads = data.ConsumeIntegralInRange(0, 30);
    buffer_.set_up(kLimit, &space_, loop_, [] {});
  }

  void play() {
    for (int steps = 0; steps < 200 && data_.remaining_bytes() > 0; ++steps) {
      step();
      FUZZ_CHECK(buffer_.size() <= kLimit);
      FUZZ_CHECK(lost() || is_whole(buffer_.size()));
    }
    disk_->hold(false);
    const bool ended = testing::run_until(loop_, [this] {
      take(SIZE_MAX);
      return buffer_.empty() || buffer_.torn();
    });
    FUZZ_CHECK(ended && (lost() || is_whole(0)));
    buffer_.clear();
    FUZZ_CHECK(testing::run_until(loop_, [this] { return budget_.disk_used() == 0 && budget_.counters().files == 0; }));
    FUZZ_CHECK(testing::run_until(loop_, [this] { return budget_.writing().used() == 0; }));
    FUZZ_CHECK(budget_.sending().used() == 0);
    space_.finish();
  }

 private:
  bool lost() const { return buffer_.torn() || buffer_.fault() == SpillingBuffer::Fault::disk_failure; }
  /// The bytes for which there was no room on disk may be kept or not: they are the last in any case.
  bool is_whole(std::uint64_t left) const { return left == put_ - taken_ || left == put_ + refused_ - taken_; }

  enum class Act : std::uint8_t { put, take, poll, hold, release, kMaxValue = release };

  void step() {
    switch (data_.ConsumeEnum<Act>()) {
      case Act::put:
        return put(data_.ConsumeIntegralInRange<std::size_t>(0, 50'000));
      case Act::take:
        return take(data_.ConsumeIntegralInRange<std::size_t>(0, 50'000));
      case Act::poll:
        loop_.context().restart();
        loop_.context().poll();
        return;
      case Act::hold:
        return disk_->hold(true);
      case Act::release:
        return disk_->hold(false);
    }
  }

  void put(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = byte_at(put_ + i);
    const bool ended = buffer_.fault() != SpillingBuffer::Fault::none;
    if (buffer_.append(bytes) == SpillingBuffer::Fault::none) {
      FUZZ_CHECK(!ended);
      put_ += size;
    } else if (!ended) {
      refused_ = size;
    }
  }

  void take(std::size_t most) {
    if (!buffer_.fetch()) return;
    std::array<net::const_buffer, 8> pieces;
    const std::size_t count = buffer_.front().front(pieces);
    FUZZ_CHECK(count > 0);
    std::size_t done = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char* piece = static_cast<const char*>(pieces[i].data());
      for (std::size_t at = 0; at < pieces[i].size() && done < most; ++at, ++done) {
        FUZZ_CHECK(piece[at] == byte_at(taken_ + done));
      }
    }
    buffer_.front().consume(done);
    taken_ += done;
  }

  FuzzedDataProvider& data_;
  Clock clock_;
  BufferBudget budget_{small_limits()};
  Loop loop_{clock_};
  std::shared_ptr<testing::MemoryDisk> disk_ = std::make_shared<testing::MemoryDisk>();
  SpillSpace space_{budget_, [disk = disk_] { return disk->open(); }};
  SpillingBuffer buffer_;
  std::uint64_t put_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  Scene(data).play();
  return 0;
}
