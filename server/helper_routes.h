#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/replicated.h"
#include "httpd/router.h"
#include "server/parked_handler.h"

namespace kismet {

/// Tells the process that serves as a helper from the one that is to take over, and from the one that was replaced.
struct HelperLifeId {
  std::uint64_t value = 0;
  bool operator==(const HelperLifeId&) const = default;
};

/// Which helper owns which URI, and the routes made of it. A URI belongs to the first helper that registers it, until
/// that helper is gone for good; while its helper restarts, requests wait or are told to try again (WIRE.md A7). While
/// a helper is swapped, what its next life registers is kept aside, until all of it becomes routes at once. Thread
/// rule: all members are safe everywhere (registering is rare; requests read the routers, not this). Owned by the
/// composition root.
class HelperRoutes {
 public:
  struct Entry {
    std::string owner;
    std::string method;
    std::string uri;
    bool parked = false;                        // Its helper is not there now.
    std::shared_ptr<const RouteStats> stats{};  // all(): what it has counted since it was first registered.
  };
  /// What came of a registration.
  struct Added {
    std::string refusal;  // Why there is none, for people; else empty.
    bool aside = false;   // It counts once its owner's swap is finished.
    bool empty() const { return refusal.empty(); }
    bool operator==(std::string_view text) const { return refusal == text; }
  };

  /// `own` holds the daemon's own routes, whose paths no helper may take, for whatever method; it must not change any
  /// more. `parked` answers for helpers that are restarting.
  HelperRoutes(Loops& loops, Replicated<Router>& routers, const Router& own, std::shared_ptr<ParkedHandler> parked);

  /// Makes `method uri` a route to `handler`, for `life` of `owner`.
  Added add(const std::string& owner, const std::string& role, std::string_view method, std::string_view uri,
            std::shared_ptr<Handler> handler, HelperLifeId life = {});
  /// The session behind `handler` has ended: its routes say "try again" until their owner registers them anew, or
  /// remove().
  void park(const Handler& handler);
  /// The owner is gone for good. Returns what was removed. With a life, here and below: unless another one serves now.
  std::vector<Entry> remove(const std::string& owner, std::optional<HelperLifeId> life = {});
  /// The owner is back and has registered what it wanted: what it did not want any more goes. Returns what was removed.
  std::vector<Entry> remove_parked(const std::string& owner, std::optional<HelperLifeId> life = {});
  std::vector<Entry> all() const;
  /// Requests that wait for a helper now.
  std::size_t waiting() const { return parked_->waiting(); }

  /// From now on `life` is the one that registers for `owner`; what an earlier one registers is refused.
  void serve(const std::string& owner, HelperLifeId life);
  /// What `next` registers is kept aside from now on. `registered` is called after each, on its caller's thread.
  void begin_swap(const std::string& owner, HelperLifeId next, std::function<void()> registered);
  /// The URIs of `owner` that its next life has not registered yet.
  std::vector<Entry> lacking(const std::string& owner) const;
  /// Makes routes of what was kept aside, all at once, and serve()s its life; returns those that are new. Nothing, and
  /// nothing changes, while it lacks some.
  std::optional<std::vector<Entry>> finish_swap(const std::string& owner);
  /// Forgets what was kept aside; what that life registers is refused from now on.
  void cancel_swap(const std::string& owner);
  /// The owner is no helper any more: forgets its lives, once its routes are removed.
  void forget(const std::string& owner);

 private:
  bool is_own(std::string_view uri) const;
  using Key = std::pair<std::string, std::string>;  // URI, method.
  struct Value {
    std::string owner;
    std::string role;
    const Handler* handler = nullptr;  // Null: parked.
    std::shared_ptr<RouteStats> stats{};
  };
  struct Aside {
    std::string role;
    std::shared_ptr<Handler> handler;
  };
  struct Swap {
    HelperLifeId next;
    std::function<void()> registered;
    std::map<Key, Aside> aside;
  };
  struct Lives {
    HelperLifeId serving;
    std::optional<Swap> swap;
  };

  Value& put(const Key& key, Value value);
  std::string_view owner_of(const Key& key) const;
  std::vector<Entry> lacking_here(const std::string& owner, const Swap& swap) const;
  std::vector<Entry> remove_if(const std::string& owner, std::optional<HelperLifeId> life, bool only_parked);
  static Route route_of(const Key& key, const Value& value, std::shared_ptr<Handler> handler);
  void set_route(const Key& key, const Value& value, std::shared_ptr<Handler> handler);
  void drop_route(const Key& key);
  template <typename Change>
  void change(Change change);

  Loops& loops_;
  Replicated<Router>& routers_;
  const Router& own_;
  const std::shared_ptr<ParkedHandler> parked_;
  mutable std::mutex mutex_;  // Held while a change is posted, so that the routers see changes in this table's order.
  std::map<Key, Value> table_;
  std::map<std::string, Lives, std::less<>> lives_;
};

}  // namespace kismet
