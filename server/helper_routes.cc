#include "server/helper_routes.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace kismet {

namespace {

constexpr std::size_t kMaxUri = 4096;

/// Why a helper may not register `method uri`; empty if it may, as far as the text goes.
std::string fault_of(std::string_view method, std::string_view uri) {
  if (uri.empty() || uri.front() != '/') return "a URI must begin with '/'";
  if (uri.size() > kMaxUri) return "a URI must not be longer than 4096 bytes";
  const bool clean = std::all_of(uri.begin(), uri.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '?' && c != '#';
  });
  if (!clean) return "a URI must have no spaces, control characters, '?' or '#'";
  const bool upper =
      !method.empty() && std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!upper || method.size() > 32) return "a method must be upper-case letters";
  return {};
}

}  // namespace

HelperRoutes::HelperRoutes(Loops& loops, Replicated<Router>& routers, const Router& own,
                           std::shared_ptr<Handler> parked)
    : loops_(loops), routers_(routers), own_(own), parked_(std::move(parked)) {}

std::string HelperRoutes::add(const std::string& owner, const std::string& role, std::string_view method,
                              std::string_view uri, std::shared_ptr<Handler> handler) {
  if (std::string fault = fault_of(method, uri); !fault.empty()) return fault;
  if (own_.match(method, uri).route) return "the path is the daemon's own";
  const std::lock_guard lock(mutex_);
  const Key key{std::string(uri), std::string(method)};
  const auto [place, is_new] = table_.try_emplace(key, Value{owner, role});
  if (!is_new && place->second.owner != owner) return "the path belongs to helper " + place->second.owner;
  place->second = Value{owner, role, handler.get()};
  set_route(key, place->second, std::move(handler));
  return {};
}

void HelperRoutes::park(const Handler& handler) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, value] : table_) {
    if (value.handler != &handler) continue;
    value.handler = nullptr;
    set_route(key, value, parked_);
  }
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove(const std::string& owner) {
  return remove_if(owner, false);
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove_parked(const std::string& owner) {
  return remove_if(owner, true);
}

std::vector<HelperRoutes::Entry> HelperRoutes::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  for (const auto& [key, value] : table_)
    entries.push_back({value.owner, key.second, key.first, value.handler == nullptr});
  return entries;
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove_if(const std::string& owner, bool only_parked) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> removed;
  for (auto place = table_.begin(); place != table_.end();) {
    const auto& [key, value] = *place;
    if (value.owner == owner && (!value.handler || !only_parked)) {
      removed.push_back({value.owner, key.second, key.first, value.handler == nullptr});
      drop_route(key);
      place = table_.erase(place);
    } else {
      ++place;
    }
  }
  return removed;
}

void HelperRoutes::set_route(const Key& key, const Value& value, std::shared_ptr<Handler> handler) {
  Route route{.method = key.second,
              .pattern = key.first,
              .role = value.role,
              .owner = value.owner,
              .literal = true,
              .handler = std::move(handler)};
  change([route = std::move(route)](Router& router) {
    router.remove(route.method, route.pattern);
    router.add(route);
  });
}

void HelperRoutes::drop_route(const Key& key) {
  change([key](Router& router) { router.remove(key.second, key.first); });
}

template <typename Change>
void HelperRoutes::change(Change change) {
  auto update = [this, change = std::move(change)] { routers_.update(change); };
  if (loops_.size() == 1) {
    net::dispatch(loops_.first().get_executor(), std::move(update));
  } else {  // Even from the first loop: it must not overtake another's change that waits there.
    net::post(loops_.first().get_executor(), std::move(update));
  }
}

}  // namespace kismet
