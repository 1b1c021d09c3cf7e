#include "base/spilling_buffer.h"

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <string>

#include "tests/support/loop_until.h"
#include "tests/support/memory_spill_file.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using namespace kismet::testing;
using Fault = SpillingBuffer::Fault;

namespace {

constexpr std::size_t kKiB = 1024;

/// Bytes that tell where they belong.
std::string pattern(std::uint64_t from, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(((from + i) * 2654435761U) >> 13);
  return text;
}

BufferLimits small_limits() {
  BufferLimits limits;
  limits.memory_each = 32 * kKiB;
  limits.memory = 16 * 1024 * kKiB;
  limits.disk = 64 * 1024 * kKiB;
  return limits;
}

/// A buffer, its budget, and a disk in memory that does what the test says.
struct Spilling {
  explicit Spilling(const BufferLimits& limits = small_limits()) : budget(limits) { set_up(buffer); }
  ~Spilling() {
    disk->hold(false);
    buffer.clear();
  }

  void set_up(SpillingBuffer& which, std::uint64_t limit = UINT64_MAX) {
    which.set_up(limit, &space, loop, [this] { ++changes; });
  }
  Fault put(std::size_t size) {
    const Fault fault = buffer.append(pattern(put_, size));
    if (fault == Fault::none) put_ += size;
    return fault;
  }
  /// Reads up to `most` bytes of what can be had at once, and compares them with what they must be.
  std::size_t take(std::size_t most) {
    if (!buffer.fetch()) return 0;
    std::array<net::const_buffer, 8> pieces;
    const std::size_t count = buffer.front().front(pieces);
    std::size_t done = 0;
    for (std::size_t i = 0; i < count && done < most; ++i) {
      const std::string_view piece(static_cast<const char*>(pieces[i].data()), std::min(pieces[i].size(), most - done));
      wrong = wrong || piece != pattern(taken + done, piece.size());
      done += piece.size();
    }
    buffer.front().consume(done);
    taken += done;
    return done;
  }
  /// Reads until nothing is left, or nothing comes any more.
  void take_all() {
    run_until(loop, [this] { return take(SIZE_MAX) == 0 && (buffer.empty() || buffer.torn()); });
  }
  bool settles(const std::function<bool()>& done) { return run_until(loop, done); }
  /// Nothing is held any more.
  void is_given_back() {
    CHECK(settles([this] { return budget.disk_used() == 0 && budget.counters().files == 0; }));
    CHECK(settles([this] { return budget.writing().used() == 0; }));
    CHECK(settles([this] { return budget.sending().used() <= 512; }));
  }

  Clock clock;
  BufferBudget budget;
  Loop loop{clock};
  std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
  SpillSpace space{budget, [d = disk] { return d->open(); }};
  SpillingBuffer buffer;
  std::uint64_t put_ = 0;
  std::uint64_t taken = 0;
  bool wrong = false;
  int changes = 0;
};

}  // namespace

TEST_CASE_METHOD(Spilling, "what fits in memory stays there") {
  CHECK(put(32 * kKiB) == Fault::none);
  CHECK_FALSE(buffer.spilling());
  CHECK(buffer.front().size() == 32 * kKiB);
  take_all();
  CHECK(taken == put_);
  CHECK_FALSE(wrong);
  CHECK(budget.counters().spills == 0);
  is_given_back();
}

TEST_CASE_METHOD(Spilling, "what does not fit goes to disk, and comes back in order") {
  for (int i = 0; i < 60; ++i) REQUIRE(put(10'000) == Fault::none);
  CHECK(buffer.spilling());
  CHECK(buffer.front().size() <= 32 * kKiB);
  CHECK(buffer.size() == put_);
  CHECK(settles([&] { return budget.counters().spilled_bytes > 500'000; }));
  CHECK(budget.disk_used() > 500'000);
  take_all();
  CHECK(taken == put_);
  CHECK_FALSE(wrong);
  is_given_back();
  CHECK(put(100) == Fault::none);
  CHECK_FALSE(buffer.spilling());  // It has begun anew.
}

TEST_CASE("bytes leave a spilling buffer as they came, whatever the disk does in between") {
  const unsigned seed = GENERATE(range(1U, 9U));
  std::mt19937 random(seed);
  Spilling test;
  test.disk->cached = seed % 2 == 0;
  test.disk->may_punch = seed % 3 != 0;
  for (int step = 0; step < 3000; ++step) {
    switch (random() % 8) {
      case 0:
        test.disk->hold(random() % 2 == 0);
        break;
      case 1:
      case 2:
        test.loop.context().restart();
        test.loop.context().poll();
        break;
      case 3:
      case 4:
      case 5:
        test.take(random() % 20'000);
        break;
      default:
        if (test.buffer.size() < 300'000) REQUIRE(test.put(random() % 20'000) == Fault::none);
    }
    REQUIRE(test.buffer.size() == test.put_ - test.taken);
    REQUIRE_FALSE(test.wrong);
  }
  test.disk->hold(false);
  test.take_all();
  CHECK(test.taken == test.put_);
  CHECK_FALSE(test.wrong);
  CHECK(test.budget.counters().spills > 0);
  test.is_given_back();
}

TEST_CASE_METHOD(Spilling, "a long stream to a slow reader takes no more disk than what waits") {
  for (int round = 0; round < 4000; ++round) {
    REQUIRE(settles([&] { return budget.disk_used() < 4'000'000; }));
    REQUIRE(put(10'000) == Fault::none);
    std::size_t wanted = round < 60 ? 0 : 10'000;
    REQUIRE(settles([&] { return (wanted -= take(wanted)) == 0; }));
  }
  CHECK(disk->punched > 0);
  take_all();
  CHECK(taken == put_);
  CHECK_FALSE(wrong);
  is_given_back();
}

TEST_CASE_METHOD(Spilling, "a buffer takes its own limit, and not a byte more") {
  SpillingBuffer limited;
  set_up(limited, 100 * kKiB);
  for (int i = 0; i < 10; ++i) CHECK(limited.append(std::string(10 * kKiB, 'x')) == Fault::none);
  CHECK(limited.append("x") == Fault::own_limit);
  CHECK(limited.append("") == Fault::own_limit);
  CHECK(limited.size() == 100 * kKiB);
  CHECK(budget.counters().over_own_limit == 1);
  limited.clear();
}

TEST_CASE("disk space that is used up ends the buffer that asks for more, which keeps what it took") {
  BufferLimits limits = small_limits();
  limits.disk = 1024 * kKiB;
  Spilling test(limits);
  Fault fault = Fault::none;
  while (fault == Fault::none) fault = test.put(10'000);
  CHECK(fault == Fault::disk);
  CHECK(test.budget.disk_used() <= limits.disk);
  CHECK(test.buffer.size() > limits.disk);
  SpillingBuffer other;
  test.set_up(other);
  CHECK(other.append("a small answer") == Fault::none);
  const std::uint64_t waiting = test.buffer.size();
  test.take_all();
  CHECK(test.taken == waiting);
  CHECK_FALSE(test.wrong);
  other.clear();
}

TEST_CASE_METHOD(Spilling,
                 "a disk that stands still fills its share of the memory, and ends the buffer that floods it") {
  disk->hold(true);
  Fault fault = Fault::none;
  while (fault == Fault::none) fault = put(10'000);
  CHECK(fault == Fault::memory);
  CHECK(budget.writing().used() <= budget.writing().limit());
  SpillingBuffer other;
  set_up(other);
  CHECK(other.append(std::string(BufferBudget::kSmallest, 'x')) == Fault::none);
  other.clear();
}

TEST_CASE("many buffers keep within the memory for all and the little that each may always have") {
  BufferLimits limits = small_limits();
  limits.memory = 2048 * kKiB;
  Spilling test(limits);
  test.disk->hold(true);
  std::deque<SpillingBuffer> many(200);
  for (SpillingBuffer& one : many) {
    test.set_up(one);
    while (one.append(std::string(3000, 'x')) == Fault::none) {
    }
  }
  const std::size_t used = test.budget.sending().used() + test.budget.writing().used();
  CHECK(used <= limits.memory + many.size() * 2 * (BufferBudget::kSmallest + 8 * kKiB));
  for (SpillingBuffer& one : many) CHECK(one.size() >= BufferBudget::kSmallest - 3000);
  CHECK(test.budget.congested());
  many.clear();
  test.disk->hold(false);
  test.is_given_back();
  CHECK_FALSE(test.budget.congested());
}

TEST_CASE("without disk, memory is all that there is") {
  BufferLimits limits = small_limits();
  limits.disk = 0;
  Spilling test(limits);
  Fault fault = Fault::none;
  while (fault == Fault::none) fault = test.put(1000);
  CHECK(fault == Fault::memory);
  CHECK(test.buffer.size() == 32'000);
  CHECK(test.budget.counters().spills == 0);
}

TEST_CASE_METHOD(Spilling, "a write that fails ends the buffer, which says so, and keeps what is before it") {
  const int good = GENERATE(0, 1, 3);
  disk->good_writes = good;
  for (int i = 0; i < 60; ++i) REQUIRE(put(10'000) == Fault::none);
  CHECK(settles([&] { return buffer.fault() != Fault::none; }));
  CHECK(buffer.fault() == Fault::disk_failure);
  CHECK(buffer.disk_error() == boost::system::errc::no_space_on_device);
  CHECK(changes > 0);
  CHECK(put(1) == Fault::disk_failure);
  CHECK_FALSE(buffer.torn());
  const std::uint64_t left = buffer.size();
  CHECK(left < put_);
  take_all();
  CHECK(taken == left);
  CHECK_FALSE(wrong);
  CHECK(budget.counters().disk_failures == 1);
}

TEST_CASE_METHOD(Spilling, "a file that cannot be opened is a disk that fails") {
  disk->opens = false;
  for (int i = 0; i < 60; ++i) put(10'000);
  CHECK(settles([&] { return buffer.fault() == Fault::disk_failure; }));
  CHECK(buffer.disk_error() == boost::system::errc::permission_denied);
}

TEST_CASE_METHOD(Spilling, "a read that fails tears the answer: nothing after it is handed out") {
  disk->cached = GENERATE(true, false);
  for (int i = 0; i < 60; ++i) REQUIRE(put(10'000) == Fault::none);
  CHECK(settles([&] { return budget.counters().spilled_bytes > 500'000; }));
  disk->good_reads = 1;
  take_all();
  CHECK(buffer.torn());
  CHECK(buffer.fault() == Fault::disk_failure);
  CHECK(buffer.disk_error() == boost::system::errc::io_error);
  CHECK_FALSE(buffer.fetch());
  CHECK(taken < put_);
  CHECK_FALSE(wrong);
}

TEST_CASE_METHOD(Spilling, "a buffer that is cleared gives everything back, whatever is under way") {
  disk->cached = false;
  disk->hold(GENERATE(true, false));
  for (int i = 0; i < 60; ++i) REQUIRE(put(10'000) == Fault::none);
  while (take(SIZE_MAX) > 0) {
  }
  buffer.clear();
  CHECK(buffer.empty());
  const int before = changes;
  disk->hold(false);
  is_given_back();
  CHECK(changes == before);
}

TEST_CASE_METHOD(Spilling, "what is moved in from another loop is counted where it goes") {
  MemoryPool there(1000);
  for (int i = 0; i < 60; ++i) {
    ChainedBuffer parcel(&there);
    parcel.append(pattern(put_, 10'000));
    REQUIRE(buffer.append(std::move(parcel)) == Fault::none);
    put_ += 10'000;
    REQUIRE(there.used() == 0);
  }
  take_all();
  CHECK(taken == put_);
  CHECK_FALSE(wrong);
  is_given_back();
}

TEST_CASE("a real spill file keeps what it is given, leaves no name, and gives space back") {
  const TemporaryFolder folder;
  boost::system::result<std::unique_ptr<SpillFile>> file = open_spill_file(folder.path());
  REQUIRE(file);
  CHECK(folder.entries() == 0);
  const std::string text = pattern(0, 300'000);
  std::vector<net::const_buffer> pieces;
  for (std::size_t at = 0; at < text.size(); at += 1000) pieces.emplace_back(text.data() + at, 1000);
  REQUIRE_FALSE((*file)->write(pieces, 5000));
  std::string back(300'000, '\0');
  boost::system::result<std::size_t> count = (*file)->read(back, 5000, SpillFile::Wait::allowed);
  REQUIRE(count);
  CHECK(*count == back.size());
  CHECK(back == text);
  if (!(*file)->punch(0, 64 * kKiB)) {
    count = (*file)->read(std::span(back).first(1), 6000, SpillFile::Wait::allowed);
    REQUIRE(count);
    CHECK(back[0] == '\0');
  }
  CHECK((*file)->read(back, 1'000'000, SpillFile::Wait::allowed).error() == net::error::eof);
  CHECK_FALSE(open_spill_file(folder.path() + "/nowhere"));
}

TEST_CASE("a real disk behind a spilling buffer") {
  const TemporaryFolder folder;
  Clock clock;
  BufferLimits limits = small_limits();
  limits.disk = 64 * 1024 * kKiB;
  BufferBudget budget(limits);
  Loop loop(clock);
  SpillSpace space(budget, [&folder] { return open_spill_file(folder.path()); });
  SpillingBuffer buffer;
  buffer.set_up(UINT64_MAX, &space, loop, [] {});
  std::string put;
  std::string taken;
  for (int i = 0; i < 300; ++i) {
    const std::string bytes = pattern(put.size(), 20'000);
    run_until(loop, [&] { return !budget.congested(); });
    REQUIRE(buffer.append(bytes) == Fault::none);
    put += bytes;
  }
  CHECK(folder.entries() == 0);
  const auto take = [&] {
    while (buffer.fetch()) {
      std::array<net::const_buffer, 1> piece;
      buffer.front().front(piece);
      taken.append(static_cast<const char*>(piece[0].data()), piece[0].size());
      buffer.front().consume(piece[0].size());
    }
    return buffer.empty();
  };
  CHECK(run_until(loop, take));
  CHECK(taken == put);
  CHECK(run_until(loop, [&] { return budget.disk_used() == 0; }));
}
