#include "base/chained_buffer.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>

#include "base/memory_pool.h"

using namespace kismet;

namespace {

std::string content(const ChainedBuffer& buffer) {
  std::array<net::const_buffer, 1024> pieces;
  const std::size_t count = buffer.front(pieces);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append(static_cast<const char*>(pieces[i].data()), pieces[i].size());
  return text;
}

}  // namespace

TEST_CASE("bytes leave a chained buffer as they came, whatever the pieces") {
  std::mt19937 random(7);
  ChainedBuffer buffer;
  std::string model;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 2 == 0) {
      const std::string bytes(random() % 3000, static_cast<char>('a' + random() % 26));
      buffer.append(bytes);
      model += bytes;
    } else {
      const std::size_t count = model.empty() ? 0 : random() % (model.size() + 1);
      buffer.consume(count);
      model.erase(0, count);
    }
    REQUIRE(buffer.size() == model.size());
    if (step % 50 == 0) REQUIRE(content(buffer) == model);
  }
  CHECK(content(buffer) == model);
}

TEST_CASE("a chained buffer that was read empty holds at most its smallest chunk") {
  ChainedBuffer buffer;
  buffer.append(std::string(1'000'000, 'x'));
  CHECK(buffer.capacity() < 1'200'000);
  buffer.consume(1'000'000);
  CHECK(buffer.capacity() <= 512);
  for (int line = 0; line < 100; ++line) {
    buffer.append("a line of a stream\n");
    buffer.consume(buffer.size());
    REQUIRE(buffer.capacity() <= 512);
  }
}

TEST_CASE("clear gives a chained buffer's memory back") {
  ChainedBuffer buffer;
  buffer.append(std::string(10'000, 'x'));
  buffer.clear();
  CHECK(buffer.size() == 0);
  CHECK(buffer.capacity() == 0);
  buffer.append("again");
  CHECK(content(buffer) == "again");
}

TEST_CASE("front gives no more pieces than asked for") {
  ChainedBuffer buffer;
  buffer.append(std::string(300'000, 'x'));
  std::array<net::const_buffer, 2> two;
  CHECK(buffer.front(two) == 2);
  CHECK(ChainedBuffer{}.front(two) == 0);
}

TEST_CASE("a buffer that is moved to the end of another takes its bytes along, and their memory") {
  MemoryPool here(1'000'000);
  MemoryPool there(1'000'000);
  ChainedBuffer buffer(&here);
  std::string model;
  for (const std::size_t size : {10, 5'000, 100, 0, 200'000, 300, 1}) {
    ChainedBuffer more(&there);
    more.append(std::string(size, static_cast<char>('a' + model.size() % 26)));
    model += content(more);
    buffer.splice(std::move(more));
    REQUIRE(there.used() == 0);
    REQUIRE(here.used() == buffer.capacity());
    REQUIRE(content(buffer) == model);
  }
  buffer.consume(5'050);
  CHECK(content(buffer) == model.substr(5'050));
  CHECK(here.used() == buffer.capacity());
  ChainedBuffer moved = std::move(buffer);
  CHECK(content(moved) == model.substr(5'050));
  moved.clear();
  CHECK(here.used() == 0);
}

TEST_CASE("what is filled in place follows what was there") {
  ChainedBuffer buffer;
  buffer.append("one ");
  std::span<char> room = buffer.prepare(10'000);
  REQUIRE(room.size() == 10'000);
  std::fill(room.begin(), room.begin() + 3, 'x');
  buffer.commit(3);
  buffer.prepare(100'000);  // Left as it is.
  buffer.append(" two");
  CHECK(content(buffer) == "one xxx two");
  buffer.consume(buffer.size());
  CHECK(buffer.empty());
}
