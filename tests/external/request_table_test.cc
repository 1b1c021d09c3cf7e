#include "external/request_table.h"

#include <catch2/catch.hpp>

#include "tests/support/memory_transport.h"

using namespace kismet;
using namespace kismet::testing;
using Verdict = RequestTable::Verdict;

namespace {

/// A table that has nearly used up its ids.
struct LastIds {
  LastIds() { sender.speak(wire::codec_v2()); }
  ~LastIds() { table->close(); }

  Exchange open() {
    return table->open({"/x", "GET", {}, {}, {}, {}}, loop, [] {});
  }
  Verdict answer(std::uint32_t id, bool close) {
    return table->answer(wire::HttpResponse{{id}, {}, "x", std::nullopt, close});
  }

  ManualClock clock;
  Loop loop{clock};
  SessionSettings settings;
  SessionCounters counters;
  MemoryTransport transport{std::make_shared<MemoryWire>(loop.get_executor())};
  FrameSender sender{loop, transport, settings, counters};
  std::shared_ptr<RequestTable> table =
      std::make_shared<RequestTable>(loop, "demo", settings, sender, counters, wire::RequestId{0xFFFFFFFE});
};

}  // namespace

TEST_CASE_METHOD(LastIds, "ids begin again from 0 when they are used up") {
  std::vector<Exchange> exchanges;
  CHECK(answer(0xFFFFFFFF, true) == Verdict::never_asked);
  for (int i = 0; i < 4; ++i) exchanges.push_back(open());
  for (const std::uint32_t id : {0xFFFFFFFEU, 0xFFFFFFFFU, 0U, 1U}) CHECK(answer(id, false) == Verdict::taken);
  CHECK(table->size() == 4);
  for (Exchange& exchange : exchanges) CHECK(exchange.answer().body.size() == 1);
  CHECK(answer(1, true) == Verdict::taken);
  CHECK(answer(1, true) == Verdict::late);
  CHECK(answer(77, true) == Verdict::late);  // Every id may have been used by now.
}
