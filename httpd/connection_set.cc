#include "httpd/connection_set.h"

#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace kismet {

namespace {

constexpr std::size_t kReceiveSpace = 64 * 1024;

}  // namespace

ConnectionSet::ConnectionSet(Loop& loop, const HttpdContext& context)
    : loop_(loop),
      context_(context),
      poller_(loop),
      renderer_(loop.clock()),
      receive_space_(kReceiveSpace),
      grace_(loop.deadlines(), [this] {
        for (Connection& connection : connections_) connection.cut();
      }) {}

ConnectionSet::~ConnectionSet() {
  while (!connections_.empty()) delete &connections_.front();  // It unlinks itself.
}

void ConnectionSet::add(std::unique_ptr<ByteStream> stream, const PeerAddress& peer, std::function<void()> ended) {
  auto* connection = new Connection(*this, std::move(stream), peer);
  connections_.push_back(*connection);
  counts_.begun.add();
  if (stopping_) connection->stop();
  auto done = [this, connection, tell = std::move(ended)](const std::exception_ptr& error) {
    end(*connection, error);
    if (tell) tell();
    tell_if_empty();
  };
  net::co_spawn(loop_.get_executor(), connection->run(), std::move(done));
}

void ConnectionSet::end(Connection& connection, const std::exception_ptr& error) {
  delete &connection;
  counts_.ended.add();
  if (!error) return;
  counts_.handler_failures.add();
  if (!context_.hooks.handler_failed) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    context_.hooks.handler_failed("a connection", e.what());
  } catch (...) {
    context_.hooks.handler_failed("a connection", "unknown exception");
  }
}

void ConnectionSet::stop(std::function<void()> empty) {
  stopping_ = true;
  empty_ = std::move(empty);
  for (Connection& connection : connections_) connection.stop();
  grace_.set(context_.settings.stop_grace);
  tell_if_empty();
}

void ConnectionSet::tell_if_empty() {
  if (!stopping_ || !connections_.empty() || !empty_) return;
  grace_.clear();
  poller_.close();
  std::exchange(empty_, nullptr)();
}

void ConnectionSet::add_counters(HttpdCounters& to) const {
  // What ended is read first: it may not seem more than what began.
  const std::uint64_t ended = counts_.ended.get();
  to.connections += counts_.begun.get();
  to.open_connections += counts_.begun.get() - ended;
  to.requests += counts_.requests.get();
  to.bad_requests += counts_.bad_requests.get();
  to.left_early += counts_.left_early.get();
  to.timed_out += counts_.timed_out.get();
  to.handler_failures += counts_.handler_failures.get();
  const std::uint64_t websockets_ended = counts_.websockets_ended.get();
  const std::uint64_t websockets_begun = counts_.websockets_begun.get();
  to.websockets += websockets_begun;
  to.open_websockets += websockets_begun - websockets_ended;
  for (std::size_t i = 0; i < to.routes.size(); ++i) {
    for (std::size_t k = 0; k < to.by_class.size(); ++k) {
      const std::uint64_t count = counts_.routes[i].by_status[k].get();
      to.routes[i].by_status[k] += count;
      to.by_class[k] += count;
    }
    to.routes[i].latency.add(counts_.routes[i].latency);
  }
}

}  // namespace kismet
