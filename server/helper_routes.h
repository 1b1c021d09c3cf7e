#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/replicated.h"
#include "httpd/router.h"

namespace kismet {

/// Which helper owns which URI, and the routes made of it. A URI belongs to the first helper that registers it, until
/// that helper is gone for good; while its helper restarts, requests are told to try again (WIRE.md A7).
/// Thread rule: all members are safe everywhere (registering is rare; requests read the routers, not this).
/// Owned by the composition root.
class HelperRoutes {
 public:
  struct Entry {
    std::string owner;
    std::string method;
    std::string uri;
    bool parked = false;  // Its helper is not there now.
  };

  /// `own` holds the daemon's own routes, which no helper may take; it must not change any more. `parked` answers for
  /// helpers that are restarting.
  HelperRoutes(Loops& loops, Replicated<Router>& routers, const Router& own, std::shared_ptr<Handler> parked);

  /// Makes `method uri` a route to `handler`. Returns an empty string, or why not.
  std::string add(const std::string& owner, const std::string& role, std::string_view method, std::string_view uri,
                  std::shared_ptr<Handler> handler);
  /// The session behind `handler` has ended: its routes say "try again" until their owner registers them anew, or
  /// remove().
  void park(const Handler& handler);
  /// The owner is gone for good. Returns what was removed.
  std::vector<Entry> remove(const std::string& owner);
  /// The owner is back and has registered what it wanted: what it did not want any more goes. Returns what was removed.
  std::vector<Entry> remove_parked(const std::string& owner);
  std::vector<Entry> all() const;

 private:
  using Key = std::pair<std::string, std::string>;  // URI, method.
  struct Value {
    std::string owner;
    std::string role;
    const Handler* handler = nullptr;  // Null: parked.
  };

  std::vector<Entry> remove_if(const std::string& owner, bool only_parked);
  void set_route(const Key& key, const Value& value, std::shared_ptr<Handler> handler);
  void drop_route(const Key& key);
  template <typename Change>
  void change(Change change);

  Loops& loops_;
  Replicated<Router>& routers_;
  const Router& own_;
  const std::shared_ptr<Handler> parked_;
  mutable std::mutex mutex_;  // Held while a change is posted, so that the routers see changes in this table's order.
  std::map<Key, Value> table_;
};

}  // namespace kismet
