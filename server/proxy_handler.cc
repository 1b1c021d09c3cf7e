#include "server/proxy_handler.h"

#include <string>
#include <utility>

#include "base/deadlines.h"
#include "httpd/error_pages.h"
#include "httpd/request.h"
#include "httpd/response_writer.h"
#include "msgbus/message_bus.h"

namespace kismet {

namespace {

ProxyRequest make_request(const Request& request) {
  ProxyRequest made;
  made.uri = request.path;
  made.method = request.method == "HEAD" ? "GET" : request.method;  // Helpers register GET; the writer drops the body.
  made.variables = request.variables();
  if (!request.body.empty()) made.body = request.body;
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const Headers::Field field = request.headers[i];
    if (iequals(field.name, "cookie") || iequals(field.name, "authorization")) continue;  // Credentials stay here.
    made.headers.emplace_back(field.name, field.value);
  }
  made.client_address = request.client_address;
  return made;
}

/// A length that the helper promised is passed on, so that clients see their progress; the writer holds it to that.
void begin_stream(ResponseWriter& out, const CheckedHead& checked) {
  if (checked.length) {
    out.start_sized(checked.head, *checked.length);
  } else {
    out.start(checked.head);
  }
}

struct CountOpen {
  explicit CountOpen(ProxyCounters& c) : counters(c) {
    counters.requests.fetch_add(1, std::memory_order_relaxed);
    counters.open.fetch_add(1, std::memory_order_relaxed);
  }
  ~CountOpen() { counters.open.fetch_sub(1, std::memory_order_relaxed); }
  CountOpen(const CountOpen&) = delete;
  CountOpen& operator=(const CountOpen&) = delete;
  ProxyCounters& counters;
};

}  // namespace

Task<void> ProxyHandler::handle(const Request& request, ResponseWriter& out) {
  const CountOpen count(common_.counters);
  co_await serve(request, out);
}

Task<void> ProxyHandler::serve(const Request& request, ResponseWriter& out) {
  Wakeup& wakeup = out.wakeup();
  bool time_is_up = false;
  Deadline limit(out.loop().deadlines(), [&time_is_up, &wakeup] {
    time_is_up = true;
    wakeup.notify();
  });
  Exchange exchange;
  auto changed = [&out, &exchange] {
    // A client too slow for its helper may be in the middle of a write: that ends here.
    if (exchange.answer().state == ExchangeState::over_limit && out.started()) out.abort();
    out.wakeup().notify();
  };
  exchange = helper_->open(make_request(request), out.loop(), std::move(changed));
  HelperAnswer& answer = exchange.answer();

  // Wait for the head: until the answer is complete, is large, or has had its moment for a late code.
  if (common_.settings.answer_timeout.count() > 0) limit.set(common_.settings.answer_timeout);
  bool begun = false;
  while (answer.state == ExchangeState::open && answer.body.size() < common_.settings.head_buffer) {
    if (out.client_gone()) {
      common_.counters.cancelled.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    if (time_is_up) break;
    if (!begun && (answer.body_total > 0 || answer.result_code || !answer.headers.empty())) {
      begun = true;
      limit.set(common_.settings.head_delay);
    }
    co_await wakeup.wait();
  }

  if (answer.state == ExchangeState::refused) {
    if (answer.refusal == ExchangeRefusal::too_large) {
      co_await refuse(request, out, 413, "This request is too large for the helper's wire.");
    } else {
      co_await refuse(request, out, 503, "The helper has too many open requests.");
    }
  } else if (answer.state == ExchangeState::helper_gone) {
    co_await refuse(request, out, 502, "The helper ended before its answer was complete.");
  } else if (answer.state == ExchangeState::over_limit) {
    co_await refuse(request, out, 502, "The helper's answer is too large.");
  } else if (answer.state == ExchangeState::open && time_is_up && !begun) {
    common_.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
    common_.messages.post(Severity::error, helper_->name(),
                          "no answer to " + request.method + " " + request.path + " in time");
    exchange.release();
    co_await refuse(request, out, 504, "The helper did not answer in time.");
  } else if (answer.state == ExchangeState::complete) {
    const CheckedHead checked = make_head(request, answer);
    answer.head_sent = true;
    const bool sent = co_await out.send(checked.head, answer.body);
    (sent ? common_.counters.complete : common_.counters.cut).fetch_add(1, std::memory_order_relaxed);
  } else {
    limit.clear();
    co_await stream(request, out, answer);
  }
}

Task<void> ProxyHandler::stream(const Request& request, ResponseWriter& out, HelperAnswer& answer) {
  begin_stream(out, make_head(request, answer));
  answer.head_sent = true;
  co_await out.write(answer.body);  // The head leaves, whether there is content yet or not.
  if (request.method == "HEAD") {   // It is all that was asked for: the helper need not go on, perhaps for ever.
    const bool sent = co_await out.finish();
    (sent ? common_.counters.complete : common_.counters.cut).fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  for (;;) {
    if (answer.state == ExchangeState::over_limit) break;
    if (out.client_gone()) {
      common_.counters.cancelled.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    if (!answer.body.empty()) {
      co_await out.write(answer.body);
    } else if (answer.state == ExchangeState::complete) {
      const bool sent = co_await out.finish();
      (sent ? common_.counters.complete : common_.counters.cut).fetch_add(1, std::memory_order_relaxed);
      co_return;
    } else if (answer.state != ExchangeState::open) {
      break;
    } else {
      co_await out.wakeup().wait();
    }
  }
  common_.counters.cut.fetch_add(1, std::memory_order_relaxed);
  const std::string_view why =
      answer.state == ExchangeState::over_limit ? "its client read too slowly" : "the helper ended before its end";
  common_.messages.post(Severity::error, helper_->name(),
                        "answer to " + request.path + " cut off: " + std::string(why));
  out.abort();
}

CheckedHead ProxyHandler::make_head(const Request& request, const HelperAnswer& answer) {
  CheckedHead checked = check_head(answer, request.path, common_.types);
  for (const std::string& fault : checked.faults) {
    common_.counters.bad_heads.fetch_add(1, std::memory_order_relaxed);
    common_.messages.post(Severity::error, helper_->name(), "answer to " + request.path + ": " + fault);
  }
  return checked;
}

Task<void> ProxyHandler::refuse(const Request& request, ResponseWriter& out, unsigned status, std::string_view reason) {
  OwnPage page = make_error_page(status, reason, request);
  if (status == 503) page.head.headers.emplace_back("Retry-After", "1");
  co_await out.send(page.head, page.body);
}

}  // namespace kismet
