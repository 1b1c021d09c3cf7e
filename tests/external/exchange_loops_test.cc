#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

constexpr std::size_t kLoops = 4;

/// A helper on a thread of its own, which waits for what it reads.
class EchoHelper {
 public:
  enum class Habit { answers, floods, dies };

  EchoHelper(int in, int out, Habit habit) : in_(in), out_(out), habit_(habit), thread_([this] { run(); }) {}
  std::atomic<int> cancels{0};

 private:
  void run() {
    say(wire::SystemRegister{"echo"});
    std::string unparsed;
    wire::FrameParser parser(1 << 24);
    std::array<char, 4096> buffer;
    for (ssize_t count = 0; (count = ::read(in_, buffer.data(), buffer.size())) > 0;) {
      unparsed.append(buffer.data(), static_cast<std::size_t>(count));
      for (;;) {
        const wire::Parsed parsed = parser.next(unparsed);
        const auto* frame = std::get_if<wire::Frame>(&parsed);
        if (!frame) break;
        const wire::Decoded decoded = wire::codec_v2().decode(*frame);
        cancels += std::holds_alternative<wire::HttpRequestCancel>(decoded.command);
        if (const auto* request = std::get_if<wire::HttpRequest>(&decoded.command)) answer(*request);
        unparsed.erase(0, frame->size);
      }
      if (asked_ == 20 && habit_ == Habit::dies) break;
    }
    ::close(out_);
    ::close(in_);
  }

  void answer(const wire::HttpRequest& request) {
    ++asked_;
    if (habit_ == Habit::dies) return;
    say(wire::HttpResponse{request.id, {{"X-Uri", request.uri}}, "", std::nullopt, false});
    const std::string chunk(habit_ == Habit::floods ? 50'000 : 0, 'x');
    for (int i = 0; i < 10; ++i)
      say(wire::HttpResponse{request.id, {}, chunk.empty() ? request.uri : chunk, {}, false});
    say(wire::HttpResponse{request.id, {}, "", 200, true});
  }

  void say(const wire::Command& command) {
    std::string bytes;
    wire::codec_v2().encode(command, {1}, 1 << 24, bytes);
    for (std::string_view left = bytes; !left.empty();) {
      const ssize_t count = ::write(out_, left.data(), left.size());
      if (count <= 0) return;
      left.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  int in_;
  int out_;
  Habit habit_;
  int asked_ = 0;
  std::jthread thread_;
};

/// A session on one loop of four, and clients on all of them.
struct ManyLoops {
  explicit ManyLoops(EchoHelper::Habit habit, SessionSettings settings = {}) {
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> in;
    std::array<int, 2> out;
    REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    auto transport = std::make_unique<PipeTransport>(home.get_executor(), out[0], in[1]);
    definition.name = "echo";
    session = std::make_unique<HelperSession>(home, std::move(transport), services, definition, settings);
    session->on_first_frame([this] { begin(); });
    helper = std::make_unique<EchoHelper>(in[0], out[1], habit);
  }

  using Client = Task<void> (*)(ManyLoops& test, Loop& loop);
  void run(Client client) {
    client_ = client;
    tasks_.spawn("session", note_end());
    loops.run([this](const std::string&) { ++bugs; });
    session.reset();
    helper.reset();
  }

  void begin() {
    for (std::size_t i = 0; i < kLoops; ++i) {
      net::post(loops.at(i).get_executor(),
                [this, i] { client_tasks_[i].spawn("client", client_(*this, loops.at(i))); });
    }
  }
  void client_done() {
    net::post(home.get_executor(), [this] {
      if (++done < kLoops) return;
      session->close();
      all_done_.notify();
    });
  }

  Clock clock;
  Loops loops{clock, kLoops};
  Loop& home = loops.at(1);
  EventBus bus{clock};
  FakeServices services{bus, home.get_executor()};
  HelperDefinition definition;
  std::unique_ptr<HelperSession> session;
  std::unique_ptr<EchoHelper> helper;
  std::optional<SessionEnd> ended;
  std::size_t done = 0;
  std::atomic<int> bugs{0};
  std::atomic<int> good{0};
  std::size_t open_at_end = 0;
  SessionCounters counters;

 private:
  Task<void> note_end() {
    ended = co_await session->run();
    open_at_end = session->open_exchanges();
    counters = session->counters();
    while (done < kLoops) co_await all_done_.wait();
    loops.request_stop();
  }

  Client client_ = nullptr;
  Wakeup all_done_{home.get_executor()};
  TaskGroup tasks_{home.get_executor(), [this](const std::string&, const std::string&) { ++bugs; }};
  std::array<TaskGroup, kLoops> client_tasks_{
      {{loops.at(0).get_executor(), [this](const std::string&, const std::string&) { ++bugs; }},
       {loops.at(1).get_executor(), [this](const std::string&, const std::string&) { ++bugs; }},
       {loops.at(2).get_executor(), [this](const std::string&, const std::string&) { ++bugs; }},
       {loops.at(3).get_executor(), [this](const std::string&, const std::string&) { ++bugs; }}}};
};

std::string uri_of(const Loop& loop, int round) {
  return "/" + std::to_string(loop.index()) + "/" + std::to_string(round);
}

Task<void> ask_again_and_again(ManyLoops& test, Loop& loop) {
  const std::shared_ptr<HelperHandle> handle = test.session->handle();
  for (int round = 0; round < 300; ++round) {
    Wakeup wakeup(loop.get_executor());
    const std::string uri = uri_of(loop, round);
    Exchange exchange = handle->open({uri, "GET", {{"a", "b"}}, {}, {}, {}}, loop, [&wakeup] { wakeup.notify(); });
    HelperAnswer& answer = exchange.answer();
    if (round % 7 == 0) continue;  // Leaves before anything has come.
    while (answer.state == ExchangeState::open) {
      co_await wakeup.wait();
      if (round % 5 == 0 && answer.body_total > 0) break;  // Leaves in the middle of it.
      if (round % 3 == 0) answer.body.front().consume(answer.body.front().size());
    }
    if (round % 5 == 0) continue;
    test.good += answer.state == ExchangeState::complete && answer.result_code == 200U && answer.headers.size() == 1 &&
                 answer.headers[0].second == uri && answer.body_total == uri.size() * 10;
  }
  test.client_done();
}

Task<void> wait_for_the_end(ManyLoops& test, Loop& loop) {
  const std::shared_ptr<HelperHandle> handle = test.session->handle();
  std::vector<Exchange> exchanges;
  Wakeup wakeup(loop.get_executor());
  for (int i = 0; i < 20; ++i) {
    exchanges.push_back(handle->open({"/x", "GET", {}, {}, {}, {}}, loop, [&wakeup] { wakeup.notify(); }));
  }
  for (Exchange& exchange : exchanges) {
    while (exchange.answer().state == ExchangeState::open) co_await wakeup.wait();
    test.good += exchange.answer().state == ExchangeState::helper_gone;
  }
  Exchange late = handle->open({"/x", "GET", {}, {}, {}, {}}, loop, [] {});
  test.good += late.answer().state == ExchangeState::helper_gone;
  test.client_done();
}

Task<void> read_nothing(ManyLoops& test, Loop& loop) {
  Wakeup wakeup(loop.get_executor());
  Exchange exchange = test.session->handle()->open({"/x", "GET", {}, {}, {}, {}}, loop, [&wakeup] { wakeup.notify(); });
  while (exchange.answer().state == ExchangeState::open) co_await wakeup.wait();
  test.good += exchange.answer().state == ExchangeState::over_limit && exchange.answer().body.size() <= 100'000;
  test.client_done();
}

}  // namespace

TEST_CASE("clients on four loops each get their own answers, and those who leave harm nobody") {
  ManyLoops test(EchoHelper::Habit::answers);
  test.run(ask_again_and_again);
  int expected = 0;
  for (int round = 0; round < 300; ++round) expected += round % 7 != 0 && round % 5 != 0;
  CHECK(test.good == expected * static_cast<int>(kLoops));
  CHECK(test.bugs == 0);
  CHECK(test.open_at_end == 0);
  REQUIRE(test.ended);
  CHECK(test.ended->kind == SessionEnd::Kind::stopped);
  CHECK(test.counters.cancels > 0);
  CHECK(test.counters.requests <= 300 * kLoops);
}

TEST_CASE("a helper that dies is gone for clients on all loops") {
  ManyLoops test(EchoHelper::Habit::dies);
  test.run(wait_for_the_end);
  CHECK(test.good == 21 * static_cast<int>(kLoops));
  CHECK(test.bugs == 0);
}

TEST_CASE("an answer over its limit ends that exchange on any loop") {
  SessionSettings settings;
  settings.answer_limit = 100'000;
  ManyLoops test(EchoHelper::Habit::floods, settings);
  test.run(read_nothing);
  CHECK(test.good == static_cast<int>(kLoops));
  CHECK(test.counters.cancels == kLoops);
  CHECK(test.bugs == 0);
}
