#include "server/proxy_handler.h"

#include <string>
#include <utility>

#include "base/deadlines.h"
#include "httpd/error_pages.h"
#include "httpd/request.h"
#include "httpd/response_writer.h"
#include "msgbus/message_bus.h"
#include "server/server_timing.h"

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
  made.received = request.received;
  return made;
}

/// A length that is known, or that the helper promised, is passed on, so that clients see their progress; the writer
/// holds it to that.
void begin_stream(ResponseWriter& out, const CheckedHead& checked, const HelperAnswer& answer) {
  if (answer.state == ExchangeState::complete) {
    out.start_sized(checked.head, answer.body.size());
  } else if (checked.length) {
    out.start_sized(checked.head, *checked.length);
  } else {
    out.start(checked.head);
  }
}

/// Why an answer was cut off; empty where that is nobody's fault.
std::string reason_of(const HelperAnswer& answer) {
  if (answer.state != ExchangeState::over_limit && !answer.body.torn()) {
    if (answer.state == ExchangeState::helper_stopped) return {};
    return answer.state == ExchangeState::ended ? "it was ended by hand" : "the helper ended before its end";
  }
  switch (answer.body.fault()) {
    case SpillingBuffer::Fault::memory:
      return "its client read too slowly, and the memory for answers (helper_answers_memory) is used up";
    case SpillingBuffer::Fault::disk:
      return "its client read too slowly, and the disk space for answers (helper_answers_disk) is used up";
    case SpillingBuffer::Fault::disk_failure:
      return "its client read too slowly, and the temporary file failed: " + answer.body.disk_error().message();
    default:
      return "its client read too slowly, and more than helper_answer_limit waited for it";
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
  Wakeup& wakeup = out.wakeup();
  bool time_is_up = false;
  Deadline limit(out.loop().deadlines(), [&time_is_up, &wakeup] {
    time_is_up = true;
    wakeup.notify();
  });
  struct {
    const ProxyHandler& handler;
    ResponseWriter& out;
    Exchange exchange{};
  } self{*this, out};  // In one place: what refers to it alone needs no memory of its own.
  Exchange& exchange = self.exchange;
  auto changed = [&self] {
    // A client too slow for its helper may be in the middle of a write: that ends here.
    if (self.handler.gives_up(self.exchange.answer()) && self.out.started()) self.out.abort();
    self.out.wakeup().notify();
  };
  const SteadyTime opened = out.loop().clock().now();
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
  } else if (answer.state == ExchangeState::helper_stopped) {
    co_await refuse(request, out, 503, "The helper was stopped before its answer was complete.");
  } else if (answer.state == ExchangeState::ended) {
    co_await refuse(request, out, 503, "This request was ended by hand.");
  } else if (answer.state == ExchangeState::over_limit) {
    if (answer.body.fault() == SpillingBuffer::Fault::own_limit) {
      co_await refuse(request, out, 502, "The helper's answer is too large.");
    } else {
      tell_cut(request, answer);
      co_await refuse(request, out, 503, "There is no room for the helper's answer.");
    }
  } else if (answer.state == ExchangeState::open && time_is_up && !begun) {
    common_.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
    common_.messages.post(Severity::error, helper_->name(),
                          "no answer to " + request.method + " " + request.path + " in time");
    exchange.release();
    co_await refuse(request, out, 504, "The helper did not answer in time.");
  } else if (answer.state == ExchangeState::complete && !answer.body.spilling()) {
    const CheckedHead checked = make_head(request, out, opened, answer);
    answer.head_sent = true;
    const bool sent = co_await out.send(checked.head, answer.body.front());
    (sent ? common_.counters.complete : common_.counters.cut).fetch_add(1, std::memory_order_relaxed);
  } else {
    limit.clear();
    co_await stream(request, out, opened, answer);
  }
}

Task<void> ProxyHandler::stream(const Request& request, ResponseWriter& out, SteadyTime opened, HelperAnswer& answer) {
  begin_stream(out, make_head(request, out, opened, answer), answer);
  answer.head_sent = true;
  co_await out.write(answer.body.front());  // The head leaves, whether there is content yet or not.
  if (request.method == "HEAD") {  // It is all that was asked for: the helper need not go on, perhaps for ever.
    const bool sent = co_await out.finish();
    (sent ? common_.counters.complete : common_.counters.cut).fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  for (;;) {
    if (gives_up(answer)) break;
    if (out.client_gone()) {
      common_.counters.cancelled.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    if (answer.body.fetch()) {
      co_await out.write(answer.body.front());
    } else if (answer.body.torn()) {
      break;
    } else if (!answer.body.empty()) {  // It comes from the disk.
      co_await out.wakeup().wait();
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
  tell_cut(request, answer);
  out.abort();
}

/// Whether the client is not even to have what waits for it.
bool ProxyHandler::gives_up(const HelperAnswer& answer) const {
  return answer.state == ExchangeState::over_limit && common_.settings.over_limit == OverLimit::drop_connection;
}

void ProxyHandler::tell_cut(const Request& request, const HelperAnswer& answer) {
  const std::string why = reason_of(answer);
  if (why.empty()) return;
  common_.messages.post(Severity::error, helper_->name(), "answer to " + request.path + " cut off: " + why);
}

CheckedHead ProxyHandler::make_head(const Request& request, ResponseWriter& out, SteadyTime opened,
                                    const HelperAnswer& answer) {
  CheckedHead checked = check_head(answer, request.path, common_.types);
  for (const std::string& fault : checked.faults) {
    common_.counters.bad_heads.fetch_add(1, std::memory_order_relaxed);
    common_.messages.post(Severity::error, helper_->name(), "answer to " + request.path + ": " + fault);
  }
  if (checked.bad_cookies > 0) {
    common_.counters.bad_cookies.fetch_add(checked.bad_cookies, std::memory_order_relaxed);
    if (!cookie_told_.exchange(true)) {
      common_.messages.post(Severity::error, helper_->name(),
                            "answer to " + request.path +
                                ": a Set-Cookie for KISMET, or without a name, is not a helper's to send: it is left "
                                "out, and further ones are counted");
    }
  }
  if (common_.settings.server_timing) {
    const SteadyTime now = out.loop().clock().now();
    checked.head.headers.emplace_back("Server-Timing", server_timing(opened - request.received, now - opened));
  }
  return checked;
}

Task<void> ProxyHandler::refuse(const Request& request, ResponseWriter& out, unsigned status, std::string_view reason) {
  OwnPage page = make_error_page(status, reason, request);
  if (status == 503) page.head.headers.emplace_back("Retry-After", "1");
  co_await out.send(page.head, page.body);
}

}  // namespace kismet
