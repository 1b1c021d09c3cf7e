#include "server/parked_handler.h"

#include <utility>

#include "httpd/authenticator.h"
#include "httpd/error_pages.h"

namespace kismet {

namespace {

Task<void> refuse(const Request& request, ResponseWriter& out, unsigned status, std::string_view reason) {
  OwnPage page = make_error_page(status, reason, request);
  if (status == 503) page.head.headers.emplace_back("Retry-After", "1");
  co_await out.send(page.head, page.body);
}

struct CountWaiting {
  explicit CountWaiting(std::atomic<std::size_t>& count) : counter(count) {}
  ~CountWaiting() { counter.fetch_sub(1, std::memory_order_relaxed); }
  CountWaiting(const CountWaiting&) = delete;
  CountWaiting& operator=(const CountWaiting&) = delete;
  std::atomic<std::size_t>& counter;
};

}  // namespace

ParkedHandler::ParkedHandler(Loops& loops, Replicated<Router>& routers, ParkedSettings settings)
    : routers_(routers), rooms_(loops, [](Loop&) { return std::make_shared<WaitingRoom>(); }), settings_(settings) {}

Task<void> ParkedHandler::handle(const Request& request, ResponseWriter& out) {
  Turn turn;
  if (may_wait(request)) turn = co_await wait(request, out);
  switch (turn.outcome) {
    case Outcome::served:
      co_await turn.handler->handle(request, out);
      break;
    case Outcome::removed:
      co_await refuse(request, out, 404, "The helper behind this page is gone.");
      break;
    case Outcome::forbidden:
      co_await refuse(request, out, 403, "This login may not do that");
      break;
    case Outcome::time_is_up:
      co_await refuse(request, out, 503, "The helper behind this page is restarting.");
      break;
    case Outcome::client_gone:
      break;
  }
}

void ParkedHandler::routes_changed() {
  rooms_.update([](WaitingRoom& room) { room.call(); });
}

/// Takes one of the places; wait() gives it back.
bool ParkedHandler::may_wait(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (settings_.wait.count() <= 0) return false;
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < settings_.waiting) return true;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

Task<ParkedHandler::Turn> ParkedHandler::wait(const Request& request, ResponseWriter& out) {
  const CountWaiting count(waiting_);
  Wakeup& wakeup = out.wakeup();
  bool time_is_up = false;
  Deadline limit(out.loop().deadlines(), [&time_is_up, &wakeup] {
    time_is_up = true;
    wakeup.notify();
  });
  limit.set(settings_.wait);
  const WaitingRoom::Seat seat(rooms_.local(out.loop()), wakeup);
  Turn turn;
  for (;;) {
    if (out.client_gone()) {
      turn.outcome = Outcome::client_gone;
      break;
    }
    turn = look(request, out.loop());
    if (turn.outcome != Outcome::time_is_up || time_is_up) break;
    co_await wakeup.wait();
  }
  co_return turn;
}

ParkedHandler::Turn ParkedHandler::look(const Request& request, Loop& here) {
  const Router::Match match = routers_.local(here).match(request.method, request.path);
  if (!match.route) return {Outcome::removed, nullptr};
  if (match.route->handler.get() == this) return {};
  // The role was asked when the request came; the helper may have come back with another.
  if (!may_use(request.principal, match.route->role)) return {Outcome::forbidden, nullptr};
  return {Outcome::served, match.route->handler};
}

}  // namespace kismet
