#include "httpd/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <climits>
#include <utility>

#include "base/wakeup.h"

namespace kismet {

namespace {

/// Beyond stop_grace: for handlers that were told and have not ended.
constexpr std::chrono::milliseconds kLastWait{1'000};

}  // namespace

struct HttpServer::StopState {
  explicit StopState(Loop& loop) : wakeup(loop.get_executor()) {}
  Wakeup wakeup;
  std::size_t busy = 0;  // Loops that still have connections.
  bool late = false;
};

HttpServer::HttpServer(Loops& loops, const HttpdSettings& settings, Replicated<Router>& router,
                       Authenticator& authenticator, HttpdHooks hooks)
    : loops_(loops), context_(settings, router, authenticator, std::move(hooks)) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    sets_.push_back(std::make_unique<ConnectionSet>(loops.at(i), context_));
  }
}

HttpServer::~HttpServer() = default;

void HttpServer::add_listener(Listening listening, StreamWrapper wrap) {
  auto on_accept = [this, wrap = std::move(wrap)](UniqueFd socket, const PeerAddress& peer) {
    accepted(std::move(socket), peer, wrap);
  };
  take_on(std::move(listening), std::move(on_accept));
}

void HttpServer::add_control_listener(Listening listening) {
  auto on_accept = [this](UniqueFd socket, const PeerAddress& peer) {
    PeerAddress known = peer;
    known.owner = known.user && (*known.user == 0 || *known.user == ::geteuid());
    accepted(std::move(socket), known, {});
  };
  take_on(std::move(listening), std::move(on_accept));
}

/// What waits for a slow client is ours to keep, within limits: left to itself, the kernel takes 4 MiB of it for each.
/// What is accepted inherits this.
void HttpServer::limit_unsent(const UniqueFd& socket) const {
  const auto limit = static_cast<unsigned>(std::min<std::size_t>(context_.settings.unsent_limit, UINT_MAX));
  if (limit > 0) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof limit);  // Unix: has none.
}

void HttpServer::take_on(Listening listening, Listener::OnAccept on_accept) {
  limit_unsent(listening.socket);
  socket_files_.push_back(std::move(listening.file));
  listeners_.push_back(std::make_unique<Listener>(loops_.first(), sets_.front()->poller(), std::move(listening.socket),
                                                  context_, std::move(on_accept)));
}

Listening HttpServer::listen(const ListenAddress& address, StreamWrapper wrap) {
  Listening result = open_listener(address);
  if (result.error.empty()) add_listener(std::move(result), std::move(wrap));
  return result;
}

void HttpServer::start() {
  for (const auto& listener : listeners_) listener->start();
}

bool HttpServer::has_room_for(const PeerAddress& peer) const {
  if (peer.owner) return true;  // Who looks after the daemon gets in when it is full.
  const HttpdSettings& settings = context_.settings;
  if (open_ >= settings.connections) return false;
  if (peer.unix_socket || settings.connections_per_address == 0) return true;
  const auto found = open_by_address_.find(peer.peer);
  return found == open_by_address_.end() || found->second < settings.connections_per_address ||
         context_.proxies.trusts(peer);
}

void HttpServer::accepted(UniqueFd socket, const PeerAddress& peer, const StreamWrapper& wrap) {
  if (!has_room_for(peer)) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    turn_away(std::move(socket));
    return;
  }
  ++open_;
  if (!peer.unix_socket) ++open_by_address_[peer.peer];
  ConnectionSet& set = *sets_[turn_++ % sets_.size()];
  auto ended = [this, peer] { net::dispatch(loops_.first().get_executor(), [this, peer] { count_out(peer); }); };
  auto serve = [&set, wrap, peer, socket = std::move(socket), ended = std::move(ended)]() mutable {
    std::unique_ptr<ByteStream> stream = std::make_unique<SocketStream>(set.poller(), std::move(socket));
    if (wrap) stream = wrap(std::move(stream));
    set.add(std::move(stream), peer, std::move(ended));
  };
  net::dispatch(set.loop().get_executor(), std::move(serve));
}

void HttpServer::count_out(const PeerAddress& peer) {
  --open_;
  if (peer.unix_socket) return;
  const auto found = open_by_address_.find(peer.peer);
  if (found != open_by_address_.end() && --found->second == 0) open_by_address_.erase(found);
}

Task<void> HttpServer::stop() {
  socket_files_.clear();  // While nobody else may take the names.
  listeners_.clear();
  const auto state = std::make_shared<StopState>(loops_.first());
  Deadline limit(loops_.first().deadlines(), [&state] {
    state->late = true;
    state->wakeup.notify();
  });
  limit.set(context_.settings.stop_grace + kLastWait);
  state->busy = sets_.size();
  for (const auto& set : sets_) {
    auto empty = [state, home = loops_.first().get_executor()] {
      net::post(home, [state] {
        --state->busy;
        state->wakeup.notify();
      });
    };
    net::dispatch(set->loop().get_executor(), [&set = *set, empty = std::move(empty)] { set.stop(empty); });
  }
  while (state->busy > 0 && !state->late) co_await state->wakeup.wait();
}

HttpdCounters HttpServer::counters() const {
  HttpdCounters all;
  for (const auto& set : sets_) set->add_counters(all);
  all.refused_connections = refused_.load(std::memory_order_relaxed);
  return all;
}

}  // namespace kismet
