#include "httpd/router.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "httpd/percent.h"

namespace kismet {

namespace {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// The routes of one path or pattern, one a method.
class Methods {
 public:
  bool add(Route route) {
    if (find(route.method)) return false;
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    return true;
  }
  bool remove(std::string_view method) {
    return std::erase_if(routes_, [method](const auto& route) { return route->method == method; }) > 0;
  }
  const Route* find(std::string_view method) const {
    for (const auto& route : routes_) {
      if (route->method == method) return route.get();
    }
    return nullptr;
  }
  /// GET serves HEAD too.
  const Route* serve(std::string_view method) const {
    const Route* route = find(method);
    return route || method != "HEAD" ? route : find("GET");
  }
  void collect(std::vector<std::string>& methods) const {
    for (const auto& route : routes_) {
      if (std::find(methods.begin(), methods.end(), route->method) == methods.end()) methods.push_back(route->method);
    }
  }
  template <typename Visit>
  void visit(const Visit& visit) const {
    for (const auto& route : routes_) visit(*route);
  }
  bool empty() const { return routes_.empty(); }

 private:
  std::vector<std::unique_ptr<Route>> routes_;  // Few. Routes stay where they are, for who holds a Match.
};

using Table = std::unordered_map<std::string, Methods, StringHash, std::equal_to<>>;

/// A tree of patterns by segment.
struct Node {
  std::map<std::string, Node, std::less<>> literal;
  std::unique_ptr<Node> any;                          // ":name"
  std::map<std::string, Methods, std::less<>> stems;  // "status.*" under "status"
  Methods here;                                       // The pattern ends here.
  Methods rest;                                       // "*"
};

/// What a pattern's segments mean.
enum class Segment { literal, any, stem, rest };

Segment kind_of(std::string_view segment, bool last) {
  if (segment.starts_with(':')) return Segment::any;
  if (last && segment == "*") return Segment::rest;
  if (last && segment.size() > 2 && segment.ends_with(".*")) return Segment::stem;
  return Segment::literal;
}

/// Takes the first segment off `path`, which begins behind a slash; returns whether it was the last.
bool take_segment(std::string_view& path, std::string_view& segment) {
  const std::size_t slash = path.find('/');
  segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return slash == std::string_view::npos;
}

/// Decodes %XX, but for slashes: what stood in one segment stays there.
std::string decode_segments(std::string_view path) {
  std::string decoded;
  while (!path.empty()) {
    std::size_t slash = path.find("%2");
    while (slash != std::string_view::npos && (slash + 2 >= path.size() || (path[slash + 2] | 0x20) != 'f')) {
      slash = path.find("%2", slash + 1);
    }
    decoded += percent_decode(path.substr(0, slash), Plus::itself);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash);
    if (!path.empty()) {
      decoded += "%2F";
      path.remove_prefix(3);
    }
  }
  return decoded;
}

bool is_pattern(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  for (bool last = false; !last;) {
    std::string_view segment;
    last = take_segment(path, segment);
    if (kind_of(segment, last) != Segment::literal) return true;
  }
  return false;
}

/// One search through the tree: the best place that serves the method, and the methods of all places that fit.
class Search {
 public:
  explicit Search(std::string_view method) : method_(method) {}

  void walk(const Node& node, std::string_view path, unsigned literals) {
    offer(node.rest, path, literals);
    std::string_view rest = path;
    std::string_view segment;
    const bool last = take_segment(rest, segment);
    if (last) look_for_stem(node, segment, literals);
    if (const auto found = node.literal.find(segment); found != node.literal.end()) {
      enter(found->second, rest, last, literals + 1);
    }
    if (node.any && !segment.empty()) {
      captures_.push_back(segment);
      enter(*node.any, rest, last, literals);
      captures_.pop_back();
    }
  }

  Router::Match result() && {
    if (best_.route) best_.allowed.clear();
    return std::move(best_);
  }

 private:
  void enter(const Node& node, std::string_view rest, bool last, unsigned literals) {
    if (last) {
      offer(node.here, literals);
    } else {
      walk(node, rest, literals);
    }
  }

  void look_for_stem(const Node& node, std::string_view segment, unsigned literals) {
    const std::size_t dot = segment.rfind('.');
    if (dot == std::string_view::npos || dot + 1 == segment.size()) return;
    const auto found = node.stems.find(segment.substr(0, dot));
    if (found != node.stems.end()) offer(found->second, segment.substr(dot + 1), literals + 1);
  }

  void offer(const Methods& methods, std::string_view captured, unsigned literals) {
    if (methods.empty()) return;
    captures_.push_back(captured);
    offer(methods, literals);
    captures_.pop_back();
  }

  void offer(const Methods& methods, unsigned literals) {
    methods.collect(best_.allowed);
    const Route* route = methods.serve(method_);
    if (!route || (best_.route && literals <= best_literals_)) return;
    best_.route = route;
    best_literals_ = literals;
    best_.captures.assign(captures_.begin(), captures_.end());
  }

  std::string_view method_;
  std::vector<std::string_view> captures_;
  Router::Match best_;
  unsigned best_literals_ = 0;
};

}  // namespace

struct Router::Impl {
  Table literal;
  Node patterns;

  Methods* place(std::string_view pattern, bool make);
};

/// Where a pattern's routes stand in the tree.
Methods* Router::Impl::place(std::string_view pattern, bool make) {
  Node* node = &patterns;
  std::string_view rest = pattern.substr(1);
  for (;;) {
    std::string_view segment;
    const bool last = take_segment(rest, segment);
    switch (kind_of(segment, last)) {
      case Segment::rest:
        return &node->rest;
      case Segment::stem: {
        const std::string_view stem = segment.substr(0, segment.size() - 2);
        const auto found = node->stems.find(stem);
        if (found != node->stems.end()) return &found->second;
        return make ? &node->stems[std::string(stem)] : nullptr;
      }
      case Segment::any:
        if (!node->any && !make) return nullptr;
        if (!node->any) node->any = std::make_unique<Node>();
        node = node->any.get();
        break;
      case Segment::literal: {
        auto found = node->literal.find(segment);
        if (found == node->literal.end()) {
          if (!make) return nullptr;
          found = node->literal.try_emplace(std::string(segment)).first;
        }
        node = &found->second;
        break;
      }
    }
    if (last) return &node->here;
  }
}

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

bool Router::add(Route route) {
  if (!route.literal && is_pattern(route.pattern)) {
    const std::string pattern = route.pattern;
    return impl_->place(pattern, true)->add(std::move(route));
  }
  Methods& methods = impl_->literal[route.pattern];
  return methods.add(std::move(route));
}

bool Router::remove(std::string_view method, std::string_view pattern) {
  if (const auto found = impl_->literal.find(pattern); found != impl_->literal.end() && found->second.remove(method)) {
    if (found->second.empty()) impl_->literal.erase(found);
    return true;
  }
  if (!is_pattern(pattern)) return false;
  Methods* methods = impl_->place(pattern, false);
  return methods && methods->remove(method);
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  const auto look = [&](std::string_view bytes) {
    const auto found = impl_->literal.find(bytes);
    if (found == impl_->literal.end()) return false;
    match.route = found->second.serve(method);
    if (!match.route) found->second.collect(match.allowed);
    return match.route != nullptr;
  };
  if (look(path)) return match;
  if (path.find('%') != std::string_view::npos && look(decode_segments(path))) {
    match.allowed.clear();
    return match;
  }
  if (!path.starts_with('/')) return match;
  Search search(method);
  search.walk(impl_->patterns, path.substr(1), 0);
  Match by_pattern = std::move(search).result();
  if (by_pattern.route) return by_pattern;
  for (std::string& allowed : by_pattern.allowed) {
    if (std::find(match.allowed.begin(), match.allowed.end(), allowed) == match.allowed.end()) {
      match.allowed.push_back(std::move(allowed));
    }
  }
  return match;
}

std::vector<Route> Router::all() const {
  std::vector<Route> routes;
  const auto keep = [&routes](const Route& route) { routes.push_back(route); };
  for (const auto& [path, methods] : impl_->literal) methods.visit(keep);
  const auto walk = [&keep](const auto& self, const Node& node) -> void {
    node.here.visit(keep);
    node.rest.visit(keep);
    for (const auto& [stem, methods] : node.stems) methods.visit(keep);
    for (const auto& [segment, child] : node.literal) self(self, child);
    if (node.any) self(self, *node.any);
  };
  walk(walk, impl_->patterns);
  return routes;
}

}  // namespace kismet
