#include <catch2/catch.hpp>

#include "tests/external/session_fixture.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

std::string text_of(HelperAnswer& answer) {
  std::string text;
  std::array<net::const_buffer, 64> pieces;
  const std::size_t count = answer.body.front().front(pieces);
  for (std::size_t i = 0; i < count; ++i) text.append(static_cast<const char*>(pieces[i].data()), pieces[i].size());
  return text;
}

wire::HttpResponse content(std::uint32_t id, std::string_view bytes) {
  return {{id}, {}, bytes, std::nullopt, false};
}

wire::HttpResponse close_of(std::uint32_t id) {
  return {{id}, {}, "", std::nullopt, true};
}

}  // namespace

TEST_CASE_METHOD(AnySession, "a request reaches the helper whole, and its answer the client") {
  start_speaking();
  Exchange exchange = ask(
      {"/x", "POST", {{"a", "1"}, {"b", "J\303\270rgen"}}, std::string("raw\0body", 8), {{"Accept", "*/*"}}, "::1"});
  CHECK(changes == 0);
  settle();
  REQUIRE(helper.heard<wire::HttpRequest>().size() == 1);
  const wire::HttpRequest request = helper.heard<wire::HttpRequest>()[0];
  CHECK(request.id.value == 0);
  CHECK(request.uri == "/x");
  CHECK(request.method == "POST");
  CHECK(request.variables == std::vector<wire::Pair>{{"a", "1"}, {"b", "J\303\270rgen"}});
  CHECK(request.body == std::string_view("raw\0body", 8));
  CHECK(request.headers == std::vector<wire::Pair>{{"Accept", "*/*"}});
  CHECK(request.client_address == "::1");

  helper.sends(wire::HttpResponse{{0}, {{"X-A", "1"}}, "hello ", std::nullopt, false});
  settle();
  CHECK(changes == 1);
  CHECK(exchange.answer().state == ExchangeState::open);
  helper.sends(content(0, "world"));
  helper.sends(wire::HttpResponse{{0}, {{"X-B", "2"}}, "", 404, true});
  settle();
  HelperAnswer& answer = exchange.answer();
  CHECK(answer.state == ExchangeState::complete);
  CHECK(answer.result_code == 404U);
  CHECK(answer.headers == std::vector<std::pair<std::string, std::string>>{{"X-A", "1"}, {"X-B", "2"}});
  CHECK(text_of(answer) == "hello world");
  CHECK(answer.body_total == 11);
  CHECK(session->open_exchanges() == 0);
  exchange.release();
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().empty());
  CHECK(session->counters().cancels == 0);
}

TEST_CASE_METHOD(AnySession, "answers to several requests come interleaved and do not mix") {
  start_speaking();
  Exchange first = ask();
  Exchange second = ask();
  settle();
  CHECK(helper.heard<wire::HttpRequest>().size() == 2);
  for (int i = 0; i < 10; ++i) {
    helper.sends(content(0, "a"));
    helper.sends(content(1, "bb"));
  }
  helper.sends(close_of(1));
  settle();
  CHECK(text_of(first.answer()) == std::string(10, 'a'));
  CHECK(text_of(second.answer()) == std::string(20, 'b'));
  CHECK(first.answer().state == ExchangeState::open);
  CHECK(second.answer().state == ExchangeState::complete);
}

TEST_CASE_METHOD(AnySession, "a client that leaves cancels its request, and what still comes for it harms nobody") {
  start_speaking();
  Exchange leaves = ask();
  Exchange stays = ask();
  settle();
  leaves.release();
  CHECK_FALSE(leaves);
  settle();
  REQUIRE(helper.heard<wire::HttpRequestCancel>().size() == 1);
  CHECK(helper.heard<wire::HttpRequestCancel>()[0].id.value == 0);
  CHECK(session->open_exchanges() == 1);
  const int changes_before = changes;
  helper.sends(content(0, "late"));
  helper.sends(close_of(0));
  settle();
  CHECK(changes == changes_before);
  CHECK_FALSE(ended);
  CHECK(session->counters().late_answers == 2);
  CHECK(session->counters().cancels == 1);
  CHECK(services.messages.size() == 1);
  helper.sends(wire::HttpResponse{{1}, {}, "here", std::nullopt, true});
  settle();
  CHECK(text_of(stays.answer()) == "here");
}

TEST_CASE_METHOD(AnySession, "a late result code or header is an error of that exchange alone, and counted") {
  start_speaking();
  Exchange exchange = ask();
  settle();
  helper.sends(content(0, "body"));
  settle();
  exchange.answer().head_sent = true;
  helper.sends(wire::HttpResponse{{0}, {{"X-Late", "1"}}, "", std::nullopt, false});
  helper.sends(wire::HttpResponse{{0}, {}, " and more", 500, true});
  settle();
  CHECK_FALSE(ended);
  CHECK_FALSE(exchange.answer().result_code);
  CHECK(exchange.answer().headers.empty());
  CHECK(exchange.answer().state == ExchangeState::complete);
  CHECK(text_of(exchange.answer()) == "body and more");
  CHECK(session->counters().late_heads == 2);
}

TEST_CASE_METHOD(AnySession, "the first result code counts, whatever it is") {
  start_speaking();
  Exchange exchange = ask();
  settle();
  helper.sends(wire::HttpResponse{{0}, {}, "", 1000, false});
  helper.sends(wire::HttpResponse{{0}, {}, "", 200, true});
  settle();
  CHECK(exchange.answer().result_code == 1000U);
}

TEST_CASE_METHOD(AnySession, "a helper that ends leaves no exchange open, and opens none") {
  start_speaking();
  Exchange open = ask();
  Exchange complete = ask();
  settle();
  helper.sends(close_of(1));
  helper.closes_output();
  settle();
  REQUIRE(ended);
  CHECK(open.answer().state == ExchangeState::helper_gone);
  CHECK(complete.answer().state == ExchangeState::complete);
  const std::shared_ptr<HelperHandle> handle = session->handle();
  session.reset();
  const int changes_before = changes;
  Exchange late = handle->open({"/x", "GET", {}, {}, {}, {}}, loop, [this] { ++changes; });
  CHECK(late.answer().state == ExchangeState::helper_gone);
  CHECK(handle->name() == "demo");
  settle();
  CHECK(changes == changes_before);
}

TEST_CASE_METHOD(AnySession, "an answer over its limit ends that exchange, and the helper is told to stop") {
  settings.answer_limit = 100;
  start_speaking();
  Exchange slow = ask();
  Exchange other = ask();
  settle();
  helper.sends(content(0, std::string(100, 'x')));
  settle();
  CHECK(slow.answer().state == ExchangeState::open);
  slow.answer().body.front().consume(50);
  helper.sends(content(0, std::string(50, 'x')));
  settle();
  CHECK(slow.answer().state == ExchangeState::open);
  helper.sends(content(0, "x"));
  settle();
  CHECK(slow.answer().state == ExchangeState::over_limit);
  CHECK(slow.answer().body.size() == 100);
  REQUIRE(helper.heard<wire::HttpRequestCancel>().size() == 1);
  helper.sends(wire::HttpResponse{{1}, {}, "fine", std::nullopt, true});
  settle();
  CHECK(other.answer().state == ExchangeState::complete);
  slow.release();
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().size() == 1);
}

TEST_CASE_METHOD(MemorySession, "headers without end are dropped past their limit") {
  settings.head_limit = 100;
  start_speaking();
  Exchange exchange = ask();
  settle();
  const std::string value(30, 'v');
  for (int i = 0; i < 5; ++i) helper.sends(wire::HttpResponse{{0}, {{"name", value}}, "", std::nullopt, false});
  settle();
  CHECK(exchange.answer().headers.size() == 2);
  CHECK(session->counters().late_heads == 3);
  CHECK(exchange.answer().state == ExchangeState::open);
}

TEST_CASE_METHOD(MemorySession, "requests beyond the limits are refused and leave no trace") {
  settings.open_exchanges = 2;
  settings.send_frame_limit = 500;
  settings.send_queue_limit = 1000;
  start_speaking();
  Exchange large = ask({"/x", "GET", {{"a", std::string(500, 'x')}}, {}, {}, {}});
  CHECK(large.answer().state == ExchangeState::refused);
  CHECK(large.answer().refusal == ExchangeRefusal::too_large);
  Exchange first = ask();
  Exchange second = ask();
  Exchange third = ask();
  CHECK(third.answer().state == ExchangeState::refused);
  CHECK(third.answer().refusal == ExchangeRefusal::busy);
  CHECK(changes == 0);
  settle();
  REQUIRE(helper.heard<wire::HttpRequest>().size() == 2);
  CHECK(helper.heard<wire::HttpRequest>()[1].id.value == 1);
  third.release();
  large.release();
  settle();
  CHECK(helper.heard<wire::HttpRequestCancel>().empty());
  first.release();
  settle();
  CHECK(ask().answer().state == ExchangeState::open);
}

TEST_CASE_METHOD(MemorySession,
                 "a helper that stops reading gets no more requests, and its clients an answer at once") {
  settings.send_queue_limit = 1000;
  wire->capacity = 100;
  start_speaking();
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 100; ++i) {
    exchanges.push_back(ask());
    poll();
  }
  const auto refused = std::count_if(exchanges.begin(), exchanges.end(),
                                     [](Exchange& e) { return e.answer().refusal == ExchangeRefusal::busy; });
  CHECK(refused > 80);
  CHECK(refused < 100);
  exchanges.clear();  // Cancels still find room.
  settle();
  CHECK(helper.heard<wire::HttpRequest>().size() == 100U - static_cast<std::size_t>(refused));
  CHECK(helper.heard<wire::HttpRequestCancel>().size() == 100U - static_cast<std::size_t>(refused));
  CHECK(ask().answer().state == ExchangeState::open);
}

TEST_CASE_METHOD(MemorySession, "text that is no UTF-8 is repaired before a helper sees it, a body is left alone") {
  start_speaking();
  Exchange exchange = ask({"/\xff", "G\xff", {{"\xfe", "\xc3"}}, "\xff", {{"n\xff", "v\xff"}}, "a\xff"});
  settle();
  REQUIRE(helper.heard<wire::HttpRequest>().size() == 1);
  const wire::HttpRequest request = helper.heard<wire::HttpRequest>()[0];
  const std::string bad = "\xef\xbf\xbd";
  CHECK(request.uri == "/" + bad);
  CHECK(request.method == "G" + bad);
  CHECK(request.variables == std::vector<wire::Pair>{{bad, bad}});
  CHECK(request.headers[0].first == "n" + bad);
  CHECK(request.client_address == "a" + bad);
  CHECK(request.body == "\xff");
}

TEST_CASE_METHOD(MemorySession, "a lease may be given up while its client is told of a change") {
  start_speaking();
  Exchange exchange;
  int told = 0;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = held;
  exchange = session->handle()->open({"/x", "GET", {}, {}, {}, {}}, loop, [&, held = std::move(held)] {
    ++told;
    exchange.release();
    told += *held;  // What the callback holds lives until it returns, and no longer.
  });
  settle();
  SECTION("of content") {
    helper.sends(content(0, "a"));
    helper.sends(content(0, "b"));
    settle();
    CHECK(helper.heard<wire::HttpRequestCancel>().size() == 1);
  }
  SECTION("of its end") {
    helper.sends(close_of(0));
    settle();
    CHECK(helper.heard<wire::HttpRequestCancel>().empty());
  }
  SECTION("of the helper's end") {
    helper.closes_output();
    settle();
    CHECK(ended);
  }
  CHECK(told == 2);
  CHECK(alive.expired());
}

TEST_CASE_METHOD(MemorySession, "an exchange that is moved is the same one, and one that is replaced is cancelled") {
  start_speaking();
  Exchange first = ask();
  Exchange second = std::move(first);
  CHECK_FALSE(first);
  CHECK(second);
  second = ask();
  settle();
  REQUIRE(helper.heard<wire::HttpRequestCancel>().size() == 1);
  CHECK(helper.heard<wire::HttpRequestCancel>()[0].id.value == 0);
}
