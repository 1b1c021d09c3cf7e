#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;
using namespace std::chrono_literals;

namespace {

/// A helper that reads as the public Python library does: 4096 bytes at a time, one frame handled a read, the rest kept
/// until more comes. It answers a PING when it handles it, not when it arrives.
class OneFrameARead {
 public:
  explicit OneFrameARead(HelperEnd& end) : end_(end) {}

  /// One turn of its loop; does nothing when there is nothing to read.
  void turn() {
    const std::string bytes = end_.read(4096);
    if (bytes.empty()) return;
    buffer_ += bytes;
    const wire::Parsed parsed = parser_.next(buffer_);
    const auto* frame = std::get_if<wire::Frame>(&parsed);
    if (!frame) return;
    const wire::Decoded decoded = wire::codec_v0().decode(*frame);
    handled.emplace_back(decoded.name);
    buffer_.erase(0, frame->size);
  }
  bool lags() const { return !buffer_.empty(); }

  std::vector<std::string> handled;

 private:
  HelperEnd& end_;
  wire::FrameParser parser_{1 << 24};
  std::string buffer_;
};

struct Paced : SessionTest {
  Paced() : SessionTest(GENERATE(Medium::memory, Medium::pipes), wire::Generation::v0) {
    if (wire) wire->tells_unread = true;
    start_speaking();
  }

  /// Lets the session write and the helper read, turn by turn.
  void work(OneFrameARead& library, int turns) {
    for (int i = 0; i < turns; ++i) {
      pass(25ms);
      poll();
      library.turn();
      most_behind += library.lags() ? 1 : 0;
    }
  }
  int most_behind = 0;
};

}  // namespace

TEST_CASE_METHOD(Paced, "a helper that handles one frame a read gets one frame a read, and is never behind") {
  OneFrameARead library(*helper.end);
  for (std::uint32_t i = 0; i < 20; ++i) helper.sends(wire::Ping{}, {i});
  poll();
  work(library, 50);
  CHECK(library.handled.size() == 20);
  CHECK(most_behind == 0);
}

TEST_CASE_METHOD(Paced, "a frame that takes several reads is written without a pause within it") {
  OneFrameARead library(*helper.end);
  Exchange large = ask({"/x", "POST", {{"a", std::string(200'000, 'x')}}, {}, {}, {}});
  Exchange small = ask();
  for (int i = 0; i < 200 && library.handled.empty(); ++i) {
    poll();  // No time passes: only pauses between frames need any.
    library.turn();
  }
  CHECK(library.handled == std::vector<std::string>{"HTTPREQUEST"});
  work(library, 5);
  CHECK(library.handled.size() == 2);
}

TEST_CASE_METHOD(Paced, "what keeps a helper alive overtakes a backlog of events") {
  OneFrameARead library(*helper.end);
  helper.sends(wire::EventbusRegister{{"TICK"}});
  poll();
  for (int i = 0; i < 200; ++i) bus.publish("TICK", "{}");
  poll();
  helper.sends(wire::Ping{});
  poll();
  work(library, 4);
  CHECK(std::count(library.handled.begin(), library.handled.end(), "PONG") >= 1);
  CHECK(library.handled.size() < 10);
}

TEST_CASE_METHOD(Paced, "a helper that reads nothing costs pauses that grow, and no more frames") {
  for (int i = 0; i < 3; ++i) helper.sends(wire::Ping{});
  poll();
  std::size_t handlers = 0;
  for (int i = 0; i < 1000; ++i) {
    pass(1ms);
    handlers += poll();
  }
  CHECK(handlers < 300);
  CHECK(helper.end->read(1 << 20).size() == helper.frame(wire::Pong{{1}}).size());
}

TEST_CASE_METHOD(Paced, "new frames do not make a pause longer") {
  const std::size_t pong = helper.frame(wire::Pong{{1}}).size();
  for (int i = 0; i < 10; ++i) {
    helper.sends(wire::Ping{});
    poll();
  }
  REQUIRE(helper.end->read(1 << 20).size() == pong);
  pass(200us);
  poll();
  CHECK(helper.end->read(1 << 20).size() == pong);
}

TEST_CASE_METHOD(Paced, "a shutdown does not wait behind what was queued before it") {
  OneFrameARead library(*helper.end);
  helper.sends(wire::EventbusRegister{{"TICK"}});
  poll();
  for (int i = 0; i < 200; ++i) bus.publish("TICK", "{}");
  poll();
  session->shutdown("enough");
  work(library, 10);
  CHECK(library.handled.size() <= 2);
  CHECK(library.handled.back() == "SHUTDOWN");
}

TEST_CASE("a helper that reads in bulk is written to in bulk") {
  SessionTest test(Medium::pipes, wire::Generation::v2);
  test.start_speaking();
  std::string pings;
  for (std::uint32_t i = 0; i < 50; ++i) pings += test.helper.frame(wire::Ping{}, {i});
  test.helper.sends_bytes(pings);
  test.poll();
  CHECK(test.helper.end->read(1 << 20).size() == 50 * test.helper.frame(wire::Pong{{1}}).size());
}
