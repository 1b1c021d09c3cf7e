#include "server/helper_routes.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "httpd/percent.h"

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
                           std::shared_ptr<ParkedHandler> parked)
    : loops_(loops), routers_(routers), own_(own), parked_(std::move(parked)) {}

HelperRoutes::Added HelperRoutes::add(const std::string& owner, const std::string& role, std::string_view method,
                                      std::string_view uri, std::shared_ptr<Handler> handler, HelperLifeId life) {
  if (std::string fault = fault_of(method, uri); !fault.empty()) return {std::move(fault)};
  if (is_own(uri)) return {"the path is the daemon's own"};
  std::function<void()> registered;
  {
    const std::lock_guard lock(mutex_);
    const Key key{std::string(uri), std::string(method)};
    const std::string_view owned = owner_of(key);
    if (!owned.empty() && owned != owner) return {"the path belongs to helper " + std::string(owned)};
    Lives* lives = nullptr;
    if (const auto known = lives_.find(owner); known != lives_.end()) lives = &known->second;
    if (!lives || lives->serving == life) {
      const Value& value = put(key, {owner, role, handler.get()});
      set_route(key, value, std::move(handler));
      return {};
    }
    if (!lives->swap || lives->swap->next != life) return {"another process serves as this helper now"};
    lives->swap->aside.insert_or_assign(key, Aside{role, std::move(handler)});
    registered = lives->swap->registered;
  }
  if (registered) registered();
  return {.refusal = {}, .aside = true};
}

/// Whatever the method: a page of the daemon's answers 405 for those that it does not have. Nor may one be hidden from
/// those who write its address in another way.
bool HelperRoutes::is_own(std::string_view uri) const {
  const auto taken = [this](std::string_view path) {
    const Router::Match match = own_.match("GET", path);
    return match.route != nullptr || !match.allowed.empty();
  };
  return taken(uri) || taken(percent_decode(uri, Plus::itself));
}

void HelperRoutes::park(const Handler& handler) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, value] : table_) {
    if (value.handler != &handler) continue;
    value.handler = nullptr;
    set_route(key, value, parked_);
  }
  for (auto& [owner, lives] : lives_) {
    if (!lives.swap) continue;
    std::erase_if(lives.swap->aside, [&handler](const auto& kept) { return kept.second.handler.get() == &handler; });
  }
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove(const std::string& owner, std::optional<HelperLifeId> life) {
  return remove_if(owner, life, false);
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove_parked(const std::string& owner,
                                                             std::optional<HelperLifeId> life) {
  return remove_if(owner, life, true);
}

std::vector<HelperRoutes::Entry> HelperRoutes::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> entries;
  for (const auto& [key, value] : table_)
    entries.push_back({value.owner, key.second, key.first, value.handler == nullptr, value.stats});
  return entries;
}

void HelperRoutes::serve(const std::string& owner, HelperLifeId life) {
  const std::lock_guard lock(mutex_);
  lives_[owner] = Lives{life, {}};
}

void HelperRoutes::begin_swap(const std::string& owner, HelperLifeId next, std::function<void()> registered) {
  const std::lock_guard lock(mutex_);
  lives_[owner].swap = Swap{next, std::move(registered), {}};
}

std::vector<HelperRoutes::Entry> HelperRoutes::lacking(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  const auto lives = lives_.find(owner);
  if (lives == lives_.end() || !lives->second.swap) return {};
  return lacking_here(owner, *lives->second.swap);
}

std::optional<std::vector<HelperRoutes::Entry>> HelperRoutes::finish_swap(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  const auto lives = lives_.find(owner);
  if (lives == lives_.end() || !lives->second.swap) return std::nullopt;
  if (!lacking_here(owner, *lives->second.swap).empty()) return std::nullopt;
  Swap swap = std::move(*lives->second.swap);
  lives->second = Lives{swap.next, {}};
  std::vector<Entry> fresh;
  std::vector<Route> routes;
  for (auto& [key, aside] : swap.aside) {
    if (!table_.contains(key)) fresh.push_back({owner, key.second, key.first});
    const Value& value = put(key, {owner, aside.role, aside.handler.get()});
    routes.push_back(route_of(key, value, std::move(aside.handler)));
  }
  change([routes = std::move(routes)](Router& router) {
    for (const Route& route : routes) {
      router.remove(route.method, route.pattern);
      router.add(route);
    }
  });
  return fresh;
}

void HelperRoutes::cancel_swap(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  if (const auto lives = lives_.find(owner); lives != lives_.end()) lives->second.swap.reset();
}

void HelperRoutes::forget(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  lives_.erase(owner);
}

/// Makes `value` that of `key`; what was counted before goes on.
HelperRoutes::Value& HelperRoutes::put(const Key& key, Value value) {
  Value& place = table_[key];
  value.stats = place.stats ? std::move(place.stats) : std::make_shared<RouteStats>(loops_.size());
  place = std::move(value);
  return place;
}

/// Who has `key`, or is about to; empty if nobody.
std::string_view HelperRoutes::owner_of(const Key& key) const {
  if (const auto place = table_.find(key); place != table_.end()) return place->second.owner;
  for (const auto& [owner, lives] : lives_) {
    if (lives.swap && lives.swap->aside.contains(key)) return owner;
  }
  return {};
}

std::vector<HelperRoutes::Entry> HelperRoutes::lacking_here(const std::string& owner, const Swap& swap) const {
  std::vector<Entry> entries;
  for (const auto& [key, value] : table_) {
    if (value.owner == owner && !swap.aside.contains(key)) entries.push_back({owner, key.second, key.first});
  }
  return entries;
}

std::vector<HelperRoutes::Entry> HelperRoutes::remove_if(const std::string& owner, std::optional<HelperLifeId> life,
                                                         bool only_parked) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> removed;
  const auto lives = lives_.find(owner);
  if (life && lives != lives_.end() && lives->second.serving != *life) return removed;
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

Route HelperRoutes::route_of(const Key& key, const Value& value, std::shared_ptr<Handler> handler) {
  return {.method = key.second,
          .pattern = key.first,
          .role = value.role,
          .owner = value.owner,
          .literal = true,
          .handler = std::move(handler),
          .stats = value.stats};
}

void HelperRoutes::set_route(const Key& key, const Value& value, std::shared_ptr<Handler> handler) {
  change([route = route_of(key, value, std::move(handler))](Router& router) {
    router.remove(route.method, route.pattern);
    router.add(route);
  });
}

void HelperRoutes::drop_route(const Key& key) {
  change([key](Router& router) { router.remove(key.second, key.first); });
}

template <typename Change>
void HelperRoutes::change(Change change) {
  auto update = [this, change = std::move(change)] {
    routers_.update(change);
    parked_->routes_changed();
  };
  if (loops_.size() == 1) {
    net::dispatch(loops_.first().get_executor(), std::move(update));
  } else {  // Even from the first loop: it must not overtake another's change that waits there.
    net::post(loops_.first().get_executor(), std::move(update));
  }
}

}  // namespace kismet
