#include "httpd/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <exception>

#include "httpd/connection_set.h"
#include "httpd/error_pages.h"

namespace kismet {

Connection::Connection(ConnectionSet& set, std::unique_ptr<ByteStream> stream, const PeerAddress& peer)
    : set_(set),
      context_(set.context()),
      peer_(peer),
      peer_text_(to_string(peer)),
      writer_(link_, input_, set.shared()),
      link_(set.loop(), std::move(stream)) {}

Task<void> Connection::run() {
  auto ready = [this] { look(); };
  link_.stream().on_ready(std::move(ready));
  do {
    begin_request();
    Intake intake = advance();
    while (intake == Intake::wait) {
      limit_reading();
      co_await link_.wakeup().wait();
      intake = advance();
    }
    if (intake == Intake::closed) break;
    head_is_there(intake);
    if (!log_in_at_once()) co_await log_in();
    if (body_follows(intake)) {
      invite_body();
      intake = advance();
      while (intake == Intake::wait) {
        limit_reading();
        co_await link_.wakeup().wait();
        intake = advance();
      }
      if (intake == Intake::closed) break;
    }
    begin_answer();
    if (admission_.handler) {
      try {
        co_await admission_.handler->handle(request_, writer_);
      } catch (const std::exception& e) {
        handler_failed(e.what());
      } catch (...) {
        handler_failed("unknown exception");
      }
      refuse_unanswered();
    }
    if (admission_.refusal || admission_.options) co_await answer_ourselves();
    end_answer();
    if (++turn_ >= context_.settings.requests_per_turn) {
      turn_ = 0;
      link_.wakeup().notify();
      co_await link_.wakeup().wait();
    }
  } while (goes_on());

  if (begin_lingering()) {
    while (lingers()) co_await link_.wakeup().wait();
  }
}

void Connection::stop() {
  stopping_ = true;
  writer_.close_after();
  if (Upgrade* upgrade = writer_.upgraded(); upgrade && upgrade->on_stop) upgrade->on_stop();
  link_.wakeup().notify();
}

void Connection::look() {
  if (phase_ == Phase::answering && link_.stream().peer() == PeerState::finished) writer_.probe();
  link_.wakeup().notify();
}

void Connection::begin_request() {
  phase_ = Phase::reading;
  limit_ = Limit::none;
  refused_ = false;
  request_.clear(context_.settings.kept_buffer);
  admission_.clear();
  parser_.emplace(request_, context_.settings);
}

Connection::Intake Connection::advance() {
  if (link_.timed_out()) return late();
  if (link_.dead()) return Intake::closed;
  for (;;) {
    if (!input_.unread().empty()) {
      const RequestParser::State before = parser_->state();
      input_.consume(parser_->put(input_.unread()));
      switch (parser_->state()) {
        case RequestParser::State::refused:
          return Intake::refused;
        case RequestParser::State::complete:
          return Intake::complete;
        case RequestParser::State::body:
          if (before == RequestParser::State::head) return Intake::head;
          break;
        case RequestParser::State::head:
          break;
      }
    }
    if (stopping_ && parser_->state() == RequestParser::State::head) return Intake::closed;
    if (!link_.stream().may_read()) {
      input_.keep();
      turn_ = 0;
      return Intake::wait;
    }
    if (!receive()) return Intake::closed;
  }
}

/// False: the client sends no more.
bool Connection::receive() {
  const ByteStream::Result result = input_.fill(link_.stream(), set_.receive_space());
  return result || result.error() == net::error::would_block;
}

/// A time limit for reading has passed: who has begun a request is told so.
Connection::Intake Connection::late() {
  set_.counts().timed_out.add();
  const bool begun = limit_ != Limit::idle;
  link_.no_limit();
  if (!begun || link_.dead()) return Intake::closed;
  admission_.handler.reset();
  admission_.refusal = {408, "The request did not come in time"};
  return Intake::refused;
}

void Connection::limit_reading() {
  const HttpdSettings& settings = context_.settings;
  if (parser_->state() == RequestParser::State::body) {
    const SteadyTime now = link_.loop().clock().now();
    if (limit_ != Limit::body) began_ = now;
    limit_ = Limit::body;
    const std::chrono::seconds granted(parser_->body_bytes() / std::max<std::size_t>(settings.body_rate, 1));
    const SteadyTime end = began_ + settings.body_timeout + granted;
    link_.limit(std::chrono::ceil<std::chrono::milliseconds>(std::max(end - now, SteadyTime::duration::zero())));
    return;
  }
  const Limit wanted = input_.unread().empty() ? Limit::idle : Limit::head;
  if (limit_ == wanted) return;
  limit_ = wanted;
  link_.limit(wanted == Limit::idle && !first_request_ ? settings.idle_timeout : settings.header_timeout);
}

/// The head has been read (or refused): finds out who may answer it.
void Connection::head_is_there(Intake intake) {
  link_.no_limit();
  first_request_ = false;
  began_ = link_.loop().clock().now();
  request_.secure = link_.stream().secure();
  request_.received = began_;
  context_.proxies.identify(request_, peer_, peer_text_);
  request_.prefix = outside_prefix(context_, peer_, parser_->had_prefix(), request_);
  if (intake == Intake::refused) {
    refused_ = true;
    if (parser_->refusal()) admission_.refusal = parser_->refusal();
    return;
  }
  find_handler(context_, set_.router(), peer_, parser_->upgrade(), request_, admission_);
  if (request_.method == "HEAD") admission_.lines += proxy_dir_line(request_);
}

bool Connection::log_in_at_once() {
  if (admission_.refusal || admission_.role.empty()) return true;
  AuthResult result;
  if (peer_.owner) {
    result.principal = {"the control socket", "admin"};
  } else if (!context_.authenticator.try_authenticate(request_, result)) {
    return false;
  }
  judge(result, request_, admission_);
  return true;
}

Task<void> Connection::log_in() {
  const AuthResult result = co_await context_.authenticator.authenticate(request_);
  judge(result, request_, admission_);
}

/// The body of a request that is refused is not read: the connection ends after the answer.
bool Connection::body_follows(Intake intake) {
  return intake == Intake::head && admission_.handler != nullptr && !admission_.without_body;
}

void Connection::invite_body() {
  if (!parser_->expects_continue() || !input_.unread().empty()) return;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const net::const_buffer piece(kContinue.data(), kContinue.size());
  const ByteStream::Result sent = link_.stream().write_some({&piece, 1});
  if (!sent || *sent != kContinue.size()) link_.cut();  // It has room for nothing, before the first answer.
}

void Connection::begin_answer() {
  link_.no_limit();
  set_.counts().requests.add();
  const RequestParser::State state = parser_->state();
  if (state == RequestParser::State::refused) {  // In the body, if not before.
    refused_ = true;
    admission_.handler.reset();
    admission_.refusal = parser_->refusal();
  }
  const bool whole = state == RequestParser::State::complete;
  writer_.begin(request_, whole && !stopping_ && parser_->keep_alive());
  writer_.add_lines(admission_.lines);
  phase_ = Phase::answering;
  if (!admission_.handler) admission_.stats.reset();  // Refused: its route has no part in it.
  if (admission_.stats) admission_.stats->begin(link_.loop());
  if (link_.stream().peer() == PeerState::finished) writer_.probe();
}

Task<void> Connection::answer_ourselves() {
  if (admission_.options) {
    ResponseHead head{.status = 204, .content_type = {}, .headers = {{"Allow", admission_.allow}}};
    co_await writer_.send(head, std::string_view());
    co_return;
  }
  std::string reason(admission_.refusal.reason);
  if (!admission_.detail.empty()) reason.append(": ").append(admission_.detail);
  OwnPage page = make_error_page(admission_.refusal.status, reason, request_);
  if (!admission_.allow.empty()) page.head.headers.emplace_back("Allow", admission_.allow);
  co_await writer_.send(page.head, page.body);
}

/// A handler that has said nothing is answered for.
void Connection::refuse_unanswered() {
  if (writer_.started() || writer_.client_gone()) return;
  admission_.refusal = {500, "Something went wrong inside the server"};
}

void Connection::handler_failed(const char* what) {
  set_.counts().handler_failures.add();
  if (writer_.started() && !writer_.complete() && !writer_.upgraded()) writer_.abort();
  if (context_.hooks.handler_failed) context_.hooks.handler_failed(request_.method + " " + request_.path, what);
}

void Connection::end_answer() {
  auto& counts = set_.counts();
  const bool whole = writer_.complete() || writer_.upgraded();
  if (writer_.upgraded()) counts.websockets_ended.add();
  count_route(whole);
  if (!whole) writer_.abort();
  const unsigned status = writer_.status();
  if (refused_) counts.bad_requests.add();
  if (!whole) counts.left_early.add();
  if (link_.timed_out()) counts.timed_out.add();
  if (!context_.hooks.request_done) return;
  const RequestRecord record{.status = status,
                             .body_bytes = writer_.body_bytes(),
                             .complete = whole,
                             .time = link_.loop().clock().now() - began_,
                             .time_to_head = writer_.started_at() - began_,
                             .owner = admission_.owner};
  context_.hooks.request_done(request_, record);
}

/// For the route and its class: what the answer was, and how long its head took.
void Connection::count_route(bool whole) {
  const unsigned status = writer_.status();
  auto& by_class = set_.counts().routes[static_cast<std::size_t>(admission_.route_class)];
  by_class.by_status[status / 100 < by_class.by_status.size() ? status / 100 : 0].add();
  const bool answered = status != 0;
  // A client that has left, or takes nothing, is no failure of the route.
  const bool cut = answered && !whole && link_.stream().peer() == PeerState::open && !link_.timed_out();
  const RouteOutcome outcome{
      .failed = status >= 500 || cut, .timed = answered, .time = writer_.started_at() - request_.received};
  if (answered) by_class.latency.add(outcome.time);
  if (admission_.stats) admission_.stats->end(link_.loop(), outcome);
}

bool Connection::goes_on() const {
  return writer_.complete() && writer_.keep_alive() && !stopping_ && !link_.dead();
}

/// Closing a socket with bytes unread sends a reset, which can overtake the last answer: the client is given some time
/// to read it and to close.
bool Connection::begin_lingering() {
  if (link_.dead() || phase_ != Phase::answering || !(writer_.complete() || writer_.upgraded())) return false;
  const bool client_ends_too = parser_->state() == RequestParser::State::complete && !parser_->keep_alive();
  if (client_ends_too && input_.unread().empty() && !link_.stream().may_read()) return false;
  phase_ = Phase::lingering;
  input_.take();
  link_.stream().shutdown_write();
  linger_left_ = context_.settings.linger_limit;
  link_.limit(context_.settings.linger_timeout);
  return true;
}

bool Connection::lingers() {
  while (!link_.dead() && link_.stream().may_read()) {
    const ByteStream::Result result = link_.stream().read_some(set_.receive_space());
    if (!result && result.error() == net::error::would_block) return true;
    if (!result || *result >= linger_left_) return false;
    linger_left_ -= *result;
  }
  return !link_.dead();
}

}  // namespace kismet
