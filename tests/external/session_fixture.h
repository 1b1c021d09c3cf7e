#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "external/codec.h"
#include "external/helper_session.h"
#include "tests/external/helper_end.h"

namespace kismet::testing {

/// What a session asks of the daemon, written down.
class FakeServices final : public HelperServices {
 public:
  FakeServices(EventBus& bus, Executor executor) : bus_(bus), executor_(executor) {}

  std::string register_uri(HelperSession&, std::string_view method, std::string_view uri) override {
    if (!refusal.empty()) return refusal;
    uris.push_back(std::string(method) + " " + std::string(uri));
    return {};
  }
  void session_ended(HelperSession&) override { ++ended; }
  std::string token(HelperSession&) override { return "0123456789ABCDEF0123456789ABCDEF"; }
  std::string publish(HelperSession&, std::string_view topic, std::string_view content_json) override {
    if (!refusal.empty()) return refusal;
    published.push_back(std::string(topic) + " " + std::string(content_json));
    return {};
  }
  Subscription subscribe(HelperSession&, std::vector<std::string> names, EventBus::Handler handler) override {
    topics = names;
    SubscriptionOptions options;
    options.topics = std::move(names);
    return bus_.subscribe(options, executor_, std::move(handler));
  }
  void message(HelperSession&, Severity severity, std::string_view text) override {
    messages.push_back(std::to_string(static_cast<int>(severity)) + " " + std::string(text));
    if (on_message) on_message();
  }

  SpillSpace* spill_space() override { return spill; }

  SpillSpace* spill = nullptr;
  std::string refusal;  // What register_uri and publish answer.
  std::function<void()> on_message;
  std::vector<std::string> uris, published, topics, messages;
  int ended = 0;

 private:
  EventBus& bus_;
  Executor executor_;
};

/// The helper: speaks a generation, and writes down what it hears.
class TestHelper {
 public:
  void sends(const wire::Command& command) { sends(command, {++seqno_}); }
  void sends(const wire::Command& command, wire::Seqno seqno) { sends_bytes(frame(command, seqno)); }
  void sends_bytes(std::string_view bytes) { end->write(bytes); }
  std::string frame(const wire::Command& command, wire::Seqno seqno = {1}) const {
    std::string bytes;
    codec().encode(command, seqno, 1 << 24, bytes);
    return bytes;
  }
  void closes_output() { end->close_output(); }
  void closes_input() { end->close_input(); }

  /// Reads what is there; false if that is nothing.
  bool reads(std::size_t most = 1 << 20) {
    const std::string bytes = end->read(most);
    unparsed_ += bytes;
    while (parse_one()) {
    }
    return !bytes.empty();
  }
  /// All commands of type M since forget().
  template <typename M>
  std::vector<M> heard() const {
    std::vector<M> found;
    for (const wire::Decoded& decoded : heard_) {
      if (const auto* command = std::get_if<M>(&decoded.command)) found.push_back(*command);
    }
    return found;
  }
  const std::vector<wire::Decoded>& heard_all() const { return heard_; }
  void forget() { heard_.clear(); }
  const wire::Codec& codec() const { return wire::codec_of(generation); }

  wire::Generation generation = wire::Generation::v0;
  std::unique_ptr<HelperEnd> end;

 private:
  bool parse_one() {
    const wire::Parsed parsed = parser_.next(unparsed_);
    if (const auto* broken = std::get_if<wire::Broken>(&parsed)) FAIL("the session wrote no frame: " << broken->why);
    const auto* frame = std::get_if<wire::Frame>(&parsed);
    if (!frame) return false;
    REQUIRE(frame->generation == generation);
    // Views last as long as the test: each frame has a place of its own.
    kept_.push_back(unparsed_.substr(0, frame->size));
    wire::FrameParser again(1 << 24, generation);
    heard_.push_back(codec().decode(std::get<wire::Frame>(again.next(kept_.back()))));
    REQUIRE(heard_.back().problem == "");
    unparsed_.erase(0, frame->size);
    return true;
  }

  wire::FrameParser parser_{1 << 24};
  std::string unparsed_;
  std::deque<std::string> kept_;
  std::vector<wire::Decoded> heard_;
  std::uint32_t seqno_ = 0;
};

/// A session and its helper. Time stands still but for what advance() says.
struct SessionTest {
  SessionTest(Medium medium, wire::Generation generation) : medium_(medium) {
    helper.generation = generation;
    definition.name = "demo";
    settings.ping_interval = settings.ping_timeout = std::chrono::milliseconds{0};
    Connection connection = connect(medium, loop.get_executor());
    helper.end = std::move(connection.helper_end);
    wire = connection.wire;
    transport_ = std::move(connection.transport);
  }
  ~SessionTest() {
    if (session) session->close();
    settle();
  }

  /// Makes the session and runs it.
  void start() {
    session = std::make_unique<HelperSession>(loop, std::move(transport_), services, definition, settings);
    session->on_first_frame([this] { ++first_frames; });
    tasks_.spawn("session", note_end());
    settle();
  }
  /// start(), and the helper has said who it is.
  void start_speaking() {
    start();
    helper.sends(wire::SystemRegister{"demo"});
    settle();
    REQUIRE_FALSE(ended);
  }

  /// Runs until nobody has anything to do; the helper reads what it is sent.
  void settle() {
    for (int idle = 0; idle < 3;) {
      idle = poll() + (helper.reads() ? 1U : 0U) > 0 ? 0 : idle + 1;
      if (medium_ == Medium::pipes) pass(std::chrono::milliseconds{20});  // Frames that are paced leave by the clock.
    }
  }
  /// Runs the session alone: the helper reads nothing.
  std::size_t poll() {
    loop.context().restart();
    return loop.context().poll();
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    loop.deadlines().sweep();
  }
  void advance(std::chrono::nanoseconds time) {
    pass(time);
    settle();
  }

  /// Opens an exchange as a client on the session's loop.
  Exchange ask(ProxyRequest request = {"/x", "GET", {}, {}, {}, {}}) {
    return session->handle()->open(std::move(request), loop, [this] { ++changes; });
  }

  ManualClock clock;
  Loop loop{clock};
  EventBus bus{clock};
  FakeServices services{bus, loop.get_executor()};
  HelperDefinition definition;
  SessionSettings settings;
  TestHelper helper;
  std::shared_ptr<MemoryWire> wire;
  std::unique_ptr<HelperSession> session;
  std::optional<SessionEnd> ended;
  int first_frames = 0;
  int changes = 0;
  std::vector<std::string> bugs;  // Exceptions.

 private:
  Task<void> note_end() { ended = co_await session->run(); }

  Medium medium_;
  std::unique_ptr<Transport> transport_;
  TaskGroup tasks_{loop.get_executor(), [this](const std::string&, const std::string& what) { bugs.push_back(what); }};
};

/// The same over everything that a helper may be connected by, in every generation.
struct AnySession : SessionTest {
  AnySession()
      : SessionTest(GENERATE(Medium::memory, Medium::memory_byte_by_byte, Medium::pipes),
                    GENERATE(wire::Generation::v0, wire::Generation::v2, wire::Generation::v3)) {}
};

/// In memory, for what is the same everywhere.
struct MemorySession : SessionTest {
  MemorySession() : SessionTest(Medium::memory, wire::Generation::v2) {}
};

}  // namespace kismet::testing
