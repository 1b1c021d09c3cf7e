#include "httpd/origin_rules.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "httpd/character_sets.h"

namespace kismet {

namespace {

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

// "https://host:443" -> "host"; empty if it is no web origin, as "null".
std::string_view authority_of_origin(std::string_view origin) {
  const std::size_t slashes = origin.find("://");
  if (slashes == std::string_view::npos) return {};
  const std::string_view scheme = origin.substr(0, slashes);
  origin.remove_prefix(slashes + 3);
  return without_suffix(origin, scheme == "https" ? ":443" : ":80");
}

bool same_authority(std::string_view origin, std::string_view host) {
  const std::string_view authority = authority_of_origin(origin);
  if (authority.empty() || host.empty()) return false;
  const std::string_view port = origin.starts_with("https:") ? ":443" : ":80";
  return iequals(authority, without_suffix(host, port));
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']') + 1, host.size()));
  return host.substr(0, host.find(':'));
}

bool is_address(std::string_view host) {
  return host.starts_with('[') || (!host.empty() && kDigits.with('.', '.').has_all(host));
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace

OriginRules::OriginRules(const HttpdSettings& settings)
    : allow_cors_(settings.allow_cors), origins_(settings.allowed_origins), hosts_(settings.allowed_hosts) {
  hosts_.push_back("localhost");
  if (std::string name = machine_name(); !name.empty()) hosts_.push_back(std::move(name));
}

bool OriginRules::listed(std::string_view origin) const {
  return allow_cors_ && std::any_of(origins_.begin(), origins_.end(),
                                    [origin](const std::string& allowed) { return iequals(allowed, origin); });
}

Refusal OriginRules::check_origin(const Request& request, bool upgrade, bool trusted) const {
  if (!upgrade && !changes_something(request.method)) return {};
  const std::string_view origin = request.headers.get("origin");
  if (origin.empty()) {
    if (request.headers.get("sec-fetch-site") != "cross-site") return {};
  } else {
    if (listed(origin) || same_authority(origin, request.headers.get("host"))) return {};
    if (trusted && same_authority(origin, request.headers.get("x-forwarded-host"))) return {};
  }
  return {403, "A page of another origin may not do this here"};
}

Refusal OriginRules::check_host(const Request& request) const {
  const std::string_view host = without_port(request.headers.get("host"));
  if (host.empty() || is_address(host)) return {};
  const std::string_view name = without_suffix(host, ".");
  if (std::any_of(hosts_.begin(), hosts_.end(), [name](const std::string& known) { return iequals(known, name); }))
    return {};
  if (name.size() > 10 && iequals(name.substr(name.size() - 10), ".localhost")) return {};
  return {421, "This server does not answer to that host name on a loopback address (see httpd_allowed_host)"};
}

std::string OriginRules::cors_headers(const Request& request) const {
  if (!allow_cors_) return {};
  const std::string_view origin = request.headers.get("origin");
  if (origins_.empty()) return origin.empty() ? "" : "Access-Control-Allow-Origin: *\r\n";
  std::string lines = "Vary: Origin\r\n";
  if (listed(origin)) {
    lines.append("Access-Control-Allow-Origin: ").append(origin);
    lines.append("\r\nAccess-Control-Allow-Credentials: true\r\n");
  }
  return lines;
}

bool OriginRules::is_preflight(const Request& request) {
  return request.method == "OPTIONS" && request.headers.has("origin") &&
         request.headers.has("access-control-request-method");
}

std::string OriginRules::preflight_headers(const Request& request, std::string_view methods) const {
  if (!allow_cors_ || (!origins_.empty() && !listed(request.headers.get("origin")))) return {};
  std::string lines = "Access-Control-Allow-Methods: ";
  lines.append(methods).append("\r\n");
  const std::string_view wanted = request.headers.get("access-control-request-headers");
  if (!wanted.empty()) lines.append("Access-Control-Allow-Headers: ").append(wanted).append("\r\n");
  return lines.append("Access-Control-Max-Age: 600\r\n");
}

}  // namespace kismet
