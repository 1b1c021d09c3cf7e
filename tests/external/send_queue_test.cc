#include "external/send_queue.h"

#include <catch2/catch.hpp>
#include <random>

using namespace kismet;
using Lane = SendQueue::Lane;

namespace {

void add(SendQueue& queue, std::string_view frame, Lane lane = Lane::normal) {
  queue.back(lane) += frame;
  queue.commit(lane);
}

}  // namespace

TEST_CASE("frames leave in order, together or one by one") {
  SendQueue queue;
  add(queue, "one");
  add(queue, "two");
  CHECK(queue.size() == 6);
  CHECK(queue.front(true) == "one");
  CHECK(queue.front(false) == "onetwo");
  CHECK(queue.consume(1) == 0);
  CHECK_FALSE(queue.between_frames());
  CHECK(queue.front(true) == "ne");
  CHECK(queue.consume(2) == 1);
  CHECK(queue.between_frames());
  CHECK(queue.front(false) == "two");
  CHECK(queue.consume(3) == 1);
  CHECK(queue.empty());
  CHECK(queue.front(false).empty());
}

TEST_CASE("one write may end many frames") {
  SendQueue queue;
  for (int i = 0; i < 10; ++i) add(queue, "ab");
  CHECK(queue.consume(15) == 7);
  CHECK(queue.front(true) == "b");
  CHECK(queue.consume(5) == 3);
}

TEST_CASE("an urgent frame overtakes between frames, not within one") {
  SendQueue queue;
  add(queue, "one");
  add(queue, "two");
  queue.consume(1);
  add(queue, "URGENT", Lane::urgent);
  add(queue, "MORE", Lane::urgent);
  CHECK(queue.front(false) == "ne");
  queue.consume(2);
  CHECK(queue.front(false) == "URGENTMORE");
  CHECK(queue.front(true) == "URGENT");
  queue.consume(2);
  add(queue, "three");
  CHECK(queue.front(false) == "GENTMORE");
  queue.consume(8);
  CHECK(queue.front(false) == "twothree");
}

TEST_CASE("dropping leaves the frame that has begun") {
  SendQueue queue;
  add(queue, "one");
  add(queue, "two");
  SECTION("one has begun") {
    queue.consume(1);
    add(queue, "URGENT", Lane::urgent);
    queue.drop_unsent();
    CHECK(queue.front(false) == "ne");
    CHECK(queue.size() == 2);
    add(queue, "three");
    CHECK(queue.front(false) == "nethree");
  }
  SECTION("none has begun") {
    queue.drop_unsent();
    CHECK(queue.empty());
    add(queue, "three");
    CHECK(queue.front(false) == "three");
  }
}

TEST_CASE("what was appended and not committed is no frame yet") {
  SendQueue queue;
  queue.back(Lane::normal) += "half";
  CHECK(queue.empty());
  CHECK(queue.front(false).empty());
}

TEST_CASE("bytes stay whole and in order through any writes, and memory does not grow") {
  SendQueue queue;
  std::mt19937 random(5);
  std::string sent;
  std::string received;
  std::size_t ended = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string frame(random() % 500 + 1, static_cast<char>('a' + i % 26));
    sent += frame;
    add(queue, frame);
    const std::string_view front = queue.front(random() % 2 == 0);
    const std::size_t count = std::min<std::size_t>(front.size(), random() % 520);
    received += front.substr(0, count);
    ended += queue.consume(count);
  }
  while (!queue.empty()) {
    const std::string_view front = queue.front(false);
    received += front;
    ended += queue.consume(front.size());
  }
  CHECK(received == sent);
  CHECK(ended == 20'000);
  CHECK(queue.back(Lane::normal).capacity() <= 64 * 1024);
}
