#include <catch2/catch.hpp>
#include <map>

#include "tests/external/session_fixture.h"
#include "tests/support/golden.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

/// All that a session lets others see after its helper has sent a golden frame.
struct Seen {
  std::vector<std::string> uris, published, topics, messages, heard;
  std::string end;
  std::vector<std::uint64_t> counters;
  std::string answer;

  bool operator==(const Seen&) const = default;
};

std::string told(const SessionEnd& end) {
  return std::to_string(static_cast<int>(end.kind)) + " " + end.detail;
}

Seen after(wire::Generation generation, Medium medium, const GoldenFrame& golden) {
  SessionTest test(medium, generation);
  test.start_speaking();
  Exchange exchange = test.ask();
  test.settle();
  test.helper.sends_bytes(golden.bytes);
  test.settle();
  test.bus.publish("TIMESTAMP", "{}");
  test.settle();

  Seen seen{test.services.uris, test.services.published, test.services.topics, test.services.messages, {}, {}, {}, {}};
  for (const wire::Decoded& decoded : test.helper.heard_all()) {
    // In the same words, whatever generation they came in. Only a PONG's own number is not the same everywhere.
    const bool is_pong = std::holds_alternative<wire::Pong>(decoded.command);
    seen.heard.push_back(std::string(decoded.name) + " ");
    wire::codec_v2().encode(decoded.command, is_pong ? wire::Seqno{} : decoded.seqno, 1 << 20, seen.heard.back());
  }
  seen.end = test.ended ? told(*test.ended) : "lives";
  const SessionCounters counters = test.session->counters();
  seen.counters = {counters.frames_in,        counters.frames_out, counters.unknown_commands, counters.garbled_commands,
                   counters.late_answers,     counters.requests,   counters.events_sent,      counters.messages,
                   counters.events_published, counters.cancels};
  HelperAnswer& answer = exchange.answer();
  seen.answer = std::to_string(static_cast<int>(answer.state)) + " " + std::to_string(answer.result_code.value_or(0)) +
                " " + std::to_string(answer.headers.size()) + " " + std::to_string(answer.body_total);
  return seen;
}

}  // namespace

TEST_CASE("each golden frame does the same in each generation, over each medium") {
  std::map<std::string, Seen> first;
  for (const GoldenFrame& golden : golden_frames(wire::Generation::v2)) {
    first.emplace(golden.name, after(wire::Generation::v2, Medium::memory, golden));
  }
  CHECK(first.at("MESSAGE").messages == std::vector<std::string>{"2 hi"});
  CHECK(first.at("SHUTDOWN").end == "1 bye");
  CHECK(first.at("PING").heard.size() == 2);
  CHECK(first.at("HTTPRESPONSE").answer == "1 404 1 2");

  const Medium medium = GENERATE(Medium::memory, Medium::memory_byte_by_byte, Medium::pipes);
  for (const wire::Generation generation : {wire::Generation::v0, wire::Generation::v2, wire::Generation::v3}) {
    for (const GoldenFrame& golden : golden_frames(generation)) {
      INFO(to_string(generation) << " " << golden.name);
      const Seen seen = after(generation, medium, golden);
      CHECK(seen == first.at(golden.name));
    }
  }
}
