#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/handler.h"
#include "httpd/route_stats.h"

namespace kismet {

/// Who may use a route (HTTP_API.md B1): `none` asks no login, `any` a valid one, else the role's name; admin may all.
struct RouteRole {
  static constexpr std::string_view kNone = "none";
  static constexpr std::string_view kAny = "any";
};

/// One route. `pattern` is a path taken literally, but for these segments in routes of the daemon itself:
/// `:name` captures one segment; a last `*` captures the rest (may be empty); a last `file.*` captures an extension.
/// `owner` names the helper, or is empty for the daemon's own.
struct Route {
  std::string method;  // GET serves HEAD too.
  std::string pattern;
  std::string role;
  std::string owner;
  bool literal = false;  // A helper's URI: nothing in it is a pattern.
  std::shared_ptr<Handler> handler;
  std::shared_ptr<RouteStats> stats{};  // What its copies count in; may be null.
};

/// The routes, found in constant time by path. Literal routes win over patterns; a pattern with more literal segments
/// wins over one with fewer.
/// Thread rule: one copy a loop (Replicated), all members on that loop. Handlers in use outlive their route.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;  // Null: see `allowed`. Valid until the next change.
    std::vector<std::string> captures;
    std::vector<std::string> allowed;  // Methods that the path does have (405); empty: no such path (404).
  };

  Router();
  ~Router();

  /// Adds a route; false if that method and pattern are taken.
  bool add(Route route);
  bool remove(std::string_view method, std::string_view pattern);
  /// `path` is not decoded; literal routes match its bytes, or its percent-decoded form when the bytes do not. A slash
  /// in disguise (%2F) is part of its segment and matches no slash of theirs.
  Match match(std::string_view method, std::string_view path) const;
  std::vector<Route> all() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kismet
