#include "external/wire_tap.h"

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

/// Writes down what goes by: "in SYSTEMREGISTER", "out PING".
struct Notes final : WireTap {
  void frame(const TappedFrame& frame) override {
    lines.push_back((frame.direction == TappedFrame::Direction::in ? "in " : "out ") + std::string(frame.name));
    problems.emplace_back(frame.problem);
    bytes.emplace_back(frame.bytes);
    sizes.push_back(frame.size);
  }
  std::vector<std::string> lines, problems, bytes;
  std::vector<std::size_t> sizes;
};

}  // namespace

TEST_CASE("a tap sees the frames of both directions while it is there, in every generation") {
  SessionTest test(Medium::memory, GENERATE(wire::Generation::v0, wire::Generation::v2, wire::Generation::v3));
  test.start_speaking();
  Notes notes;
  test.session->watch(&notes);
  Exchange exchange = test.ask();
  test.settle();
  const std::string answer = test.helper.frame(wire::HttpResponse{wire::RequestId{0}, {}, "hi", 200, true}, {9});
  test.helper.sends_bytes(answer);
  test.settle();
  CHECK(notes.lines == std::vector<std::string>{"out HTTPREQUEST", "in HTTPRESPONSE"});
  CHECK(notes.bytes[1] == answer);
  CHECK(notes.sizes[1] == answer.size());

  test.session->watch(nullptr);
  test.helper.sends(wire::Message{2, "unseen"});
  test.settle();
  CHECK(notes.lines.size() == 2);
}

TEST_CASE("a tap is told of frames that cannot be read") {
  MemorySession test;
  test.start_speaking();
  Notes notes;
  test.session->watch(&notes);
  std::string frame = test.helper.frame(wire::Message{2, "text"});
  frame[frame.size() - 5] = '\x7f';  // The length of the text.
  test.helper.sends_bytes(frame);
  test.settle();
  REQUIRE(notes.lines.size() == 1);
  CHECK(notes.problems[0] != "");
}

TEST_CASE("frames are counted by their commands") {
  MemorySession test;
  test.start_speaking();
  test.helper.sends(wire::Message{2, "one"});
  test.helper.sends(wire::Message{2, "two"});
  Exchange exchange = test.ask();
  test.settle();
  const SessionCounters counters = test.session->counters();
  CHECK(counters.commands_in[wire::Command(wire::Message{}).index()] == 2);
  CHECK(counters.commands_out[wire::Command(wire::HttpRequest{}).index()] == 1);
  CHECK(wire::command_name_at(wire::Command(wire::HttpRequest{}).index()) == "HTTPREQUEST");
}

TEST_CASE("open requests are listed by age, with what was answered so far") {
  MemorySession test;
  test.start_speaking();
  Exchange second = test.ask({"/second", "GET", {}, {}, {}, "192.0.2.2", test.clock.now()});
  test.advance(std::chrono::seconds(1));
  Exchange first = test.ask({"/first", "POST", {}, {}, {}, "192.0.2.1", test.clock.now() - std::chrono::seconds(5)});
  test.helper.sends(wire::HttpResponse{wire::RequestId{0}, {}, "12345", {}, false});
  test.settle();
  const std::vector<OpenRequest> open = test.session->open_requests(10);
  REQUIRE(open.size() == 2);
  CHECK(open[0].uri == "/first");
  CHECK(open[0].method == "POST");
  CHECK(open[0].client == "192.0.2.1");
  CHECK(open[0].age == std::chrono::seconds(5));
  CHECK(open[1].uri == "/second");
  CHECK(open[1].answered == 5);
  CHECK(test.session->open_requests(1).size() == 1);
  CHECK(test.session->status().answer_bytes == 5);
}

TEST_CASE("a request that is ended by hand ends for its client, and its helper hears a cancel") {
  MemorySession test;
  test.start_speaking();
  Exchange exchange = test.ask();
  test.settle();
  CHECK_FALSE(test.session->end_request(wire::RequestId{7}));
  CHECK(test.session->end_request(wire::RequestId{0}));
  test.settle();
  CHECK(exchange.answer().state == ExchangeState::ended);
  CHECK(test.helper.heard<wire::HttpRequestCancel>().size() == 1);
  CHECK(test.session->open_exchanges() == 0);
  test.helper.sends(wire::HttpResponse{wire::RequestId{0}, {}, "late", {}, true});
  test.settle();
  CHECK_FALSE(test.ended);
  CHECK(test.session->counters().late_answers == 1);
}

TEST_CASE("a session tells what its helper hears and what waits for it") {
  MemorySession test;
  test.start_speaking();
  test.helper.sends(wire::EventbusRegister{{"ONE", "TWO"}});
  test.settle();
  test.bus.publish("ONE", "{}");
  test.bus.publish("THREE", "{}");
  test.settle();
  SessionStatus status = test.session->status();
  CHECK(status.topics == std::vector<std::string>{"ONE", "TWO"});
  CHECK(status.events_delivered == 1);
  CHECK(status.frames_to_helper == 0);
  test.wire->capacity = 0;  // It reads no more.
  Exchange exchange = test.ask();
  test.poll();
  status = test.session->status();
  CHECK(status.frames_to_helper == 1);
  CHECK(status.bytes_to_helper > 0);
  test.wire->capacity = 1 << 20;
  test.wire->writable.notify();
}
