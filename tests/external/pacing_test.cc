#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

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
    if (on_ping && std::holds_alternative<wire::Ping>(decoded.command)) on_ping(decoded.seqno);
    buffer_.erase(0, frame->size);
  }
  bool lags() const { return !buffer_.empty(); }

  std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(std::count(handled.begin(), handled.end(), name));
  }

  std::vector<std::string> handled;
  std::function<void(wire::Seqno)> on_ping;

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

namespace {

/// Over TCP: nothing tells what the helper has read, but it answers PINGs.
struct Unseen : SessionTest {
  Unseen() : SessionTest(Medium::memory, wire::Generation::v0) {
    wire->joins_writes = true;
    start_speaking();
    library.on_ping = [this](wire::Seqno number) { helper.sends(wire::Pong{number}); };
    helper.sends(wire::EventbusRegister{{"TICK"}});
    poll();
  }
  /// The helper's loop turns once in `rest` milliseconds, until it has handled `events` events or never will.
  void work(std::size_t events, int rest) {
    for (int i = 0; i < 200'000 && (library.count("EVENT") < events || library.lags()); ++i) {
      pass(1ms);
      poll();
      if (i % rest == 0) library.turn();
    }
  }
  void publishes(int count) {
    for (int i = 0; i < count; ++i) bus.publish("TICK", "{}");
    poll();
  }
  OneFrameARead library{*helper.end};
};

}  // namespace

TEST_CASE_METHOD(Unseen, "over TCP a helper that handles one frame a read gets a burst of events all the same") {
  publishes(300);
  const int rest = GENERATE(1, 3, 10);
  work(300, rest);
  CHECK(library.count("EVENT") == 300);
  CHECK_FALSE(library.lags());
}

TEST_CASE_METHOD(Unseen, "over TCP a helper that has stood still catches up, and was not sent much meanwhile") {
  publishes(20);
  for (int i = 0; i < 60'000; ++i) {
    pass(1ms);
    poll();
  }
  CHECK(wire->from_session.size() < 8192);
  work(20, 2);
  CHECK(library.count("EVENT") == 20);
  CHECK_FALSE(library.lags());
}

TEST_CASE_METHOD(Unseen, "over TCP a single frame to a helper costs nothing more") {
  publishes(1);
  for (int i = 0; i < 1000; ++i) {
    pass(1ms);
    poll();
  }
  library.turn();
  CHECK(library.handled == std::vector<std::string>{"EVENT"});
  CHECK_FALSE(library.lags());
}

TEST_CASE_METHOD(Unseen, "over TCP a shutdown does not wait for a helper that answers nothing") {
  publishes(20);
  session->shutdown("enough");
  for (int i = 0; i < 100; ++i) {
    pass(1ms);
    poll();
  }
  CHECK(wire->from_session.find("SHUTDOWN") != std::string::npos);
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
