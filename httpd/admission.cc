#include "httpd/admission.h"

#include <algorithm>

#include "httpd/character_sets.h"

namespace kismet {

namespace {

constexpr std::string_view kNoSuchPage = "There is nothing at this address";

std::string joined(std::vector<std::string> methods) {
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) methods.push_back("HEAD");
  methods.push_back("OPTIONS");
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  std::string text;
  for (const std::string& method : methods) text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

void take_route(const Route& route, Router::Match& match, Request& request, Admission& admission) {
  admission.handler = route.handler;
  admission.owner = route.owner;
  admission.stats = route.stats;
  admission.route_class = route.owner.empty() ? RouteClass::own : RouteClass::helper;
  if (route.role != RouteRole::kNone) admission.role = route.role;
  request.captures = std::move(match.captures);
  if (route.literal) request.path = route.pattern;  // A helper knows its URI by the bytes that it registered.
}

/// What no route has may still be a file: the fallback knows, and answers for all methods. Of a preflight it is not
/// asked: that tells nothing of whether there is one.
void without_route(const HttpdContext& context, Router::Match& match, bool preflight, const Request& request,
                   Admission& admission) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool asks = request.method == "OPTIONS";
  if (asks && request.path == "*") match.allowed = {"GET", "POST"};
  if (match.allowed.empty() && context.fallback) {
    if (!preflight) {
      admission.handler = context.fallback;
      admission.route_class = RouteClass::file;
      admission.without_body = !reads;
      return;
    }
    match.allowed.push_back("GET");
  }
  if (match.allowed.empty()) {
    admission.refusal = {404, kNoSuchPage};
    return;
  }
  admission.allow = joined(std::move(match.allowed));
  if (asks) {
    admission.options = true;
  } else {
    admission.refusal = {405, "This address does not do that method"};
  }
}

}  // namespace

void Admission::clear() {
  refusal = {};
  handler.reset();
  stats.reset();
  route_class = RouteClass::none;
  options = without_body = false;
  for (std::string* text : {&detail, &owner, &role, &allow, &lines}) text->clear();
}

void find_handler(const HttpdContext& context, Router& router, const PeerAddress& peer, bool upgrade, Request& request,
                  Admission& admission) {
  const bool trusted = context.proxies.trusts(peer);
  if (!trusted && peer.local.is_loopback()) admission.refusal = context.origins.check_host(request);
  if (!admission.refusal) admission.refusal = context.origins.check_origin(request, upgrade, trusted);
  if (admission.refusal) return;
  if (context.settings.allow_cors) admission.lines = context.origins.cors_headers(request);

  // A preflight carries no login, and asks about the other methods: it is ours to answer.
  const bool preflight = context.settings.allow_cors && OriginRules::is_preflight(request);
  Router::Match match = router.match(preflight ? std::string_view() : request.method, request.path);
  if (match.route) {
    take_route(*match.route, match, request, admission);
    return;
  }
  without_route(context, match, preflight, request, admission);
  if (preflight && admission.options) admission.lines += context.origins.preflight_headers(request, admission.allow);
}

std::string outside_prefix(const HttpdContext& context, const PeerAddress& peer, bool had_prefix,
                           const Request& request) {
  constexpr CharacterSet kCharacters = kAlphanumeric.with('-', '/').with('_', '_').with('~', '~');
  std::string_view told;
  if (context.proxies.trusts(peer)) {
    told = request.headers.get("x-forwarded-prefix");
    if (told.empty()) told = request.headers.get("x-proxy-dir");
  }
  if (told.empty() && had_prefix) told = context.settings.uri_prefix;
  while (told.starts_with('/')) told.remove_prefix(1);
  while (told.ends_with('/')) told.remove_suffix(1);
  if (told.empty() || !kCharacters.has_all(told)) return {};
  return "/" + std::string(told);
}

std::string proxy_dir_line(const Request& request) {
  return request.prefix.empty() ? std::string() : "X-Proxy-Dir: " + request.prefix.substr(1) + "/\r\n";
}

void judge(const AuthResult& result, Request& request, Admission& admission) {
  if (!result.set_cookie.empty()) admission.lines.append("Set-Cookie: ").append(result.set_cookie).append("\r\n");
  request.principal = result.principal;
  if (may_use(result.principal, admission.role)) return;
  admission.handler.reset();
  if (result.retry_after > 0) {
    admission.refusal = {429, "There were too many failed logins from your address; wait"};
    admission.lines.append("Retry-After: ").append(std::to_string(result.retry_after)).append("\r\n");
    return;
  }
  if (!result.principal.role.empty()) {
    admission.refusal = {403, "This login may not do that"};
    admission.detail = "it takes the role " + admission.role;
    return;
  }
  admission.refusal = {401, "A login is needed here"};
  // A browser would open its own dialog, and the pages have theirs; wget asks for nothing unless it is told to.
  if (request.headers.get("user-agent").starts_with("Wget/")) {
    admission.lines += "WWW-Authenticate: Basic realm=\"Kismet\"\r\n";
  }
}

}  // namespace kismet
