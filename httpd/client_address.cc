#include "httpd/client_address.h"

#include <algorithm>
#include <charconv>

namespace kismet {

namespace ip = boost::asio::ip;

namespace {

ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

ip::address unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One element of X-Forwarded-For: an address, perhaps with a port or in brackets.
bool parse_forwarded(std::string_view text, ip::address& address) {
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  if (text.size() > 64) return false;
  boost::system::error_code ec;
  address = unmapped(ip::make_address(std::string(text), ec));
  return !ec;
}

bool speaks_for_others(const Request& request) {
  for (const std::string_view name : {"x-forwarded-for", "forwarded", "x-real-ip", "via"}) {
    if (request.headers.has(name)) return true;
  }
  return false;
}

}  // namespace

std::string to_string(const PeerAddress& peer) {
  if (!peer.unix_socket) return peer.peer.to_string();
  return peer.user ? "unix:uid=" + std::to_string(*peer.user) : "unix";
}

bool TrustedProxies::parse(std::string_view text, Network& network) {
  const std::size_t slash = text.find('/');
  boost::system::error_code ec;
  const ip::address address = ip::make_address(std::string(text.substr(0, slash)), ec);
  if (ec) return false;
  network.base = as_v6(address);
  unsigned bits = address.is_v4() ? 32 : 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned wanted = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), wanted);
    if (error != std::errc{} || end != digits.data() + digits.size() || wanted > bits) return false;
    bits = wanted;
  }
  network.bits = address.is_v4() ? bits + 96 : bits;
  return true;
}

bool TrustedProxies::valid(std::string_view network) {
  Network unused;
  return network == "unix" || parse(network, unused);
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    Network network;
    if (text == "unix") {
      unix_ = true;
    } else if (parse(text, network)) {
      networks_.push_back(network);
    }
  }
}

bool TrustedProxies::trusts(const ip::address& address) const {
  if (networks_.empty()) return false;
  const auto bytes = as_v6(address).to_bytes();
  return std::any_of(networks_.begin(), networks_.end(), [&bytes](const Network& network) {
    const auto base = network.base.to_bytes();
    const unsigned whole = network.bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, base.begin())) return false;
    const unsigned rest = network.bits % 8;
    return rest == 0 || ((bytes[whole] ^ base[whole]) >> (8 - rest)) == 0;
  });
}

bool TrustedProxies::trusts(const PeerAddress& peer) const {
  return peer.unix_socket ? unix_ : trusts(peer.peer);
}

void TrustedProxies::identify(Request& request, const PeerAddress& peer, const std::string& peer_text) const {
  request.client_address = peer_text;
  request.from_loopback = peer.unix_socket || peer.peer.is_loopback();
  if (!trusts(peer)) {
    if (request.from_loopback && speaks_for_others(request)) request.from_loopback = false;
    return;
  }
  request.from_loopback = false;  // It speaks for others, even where it does not say for whom.
  if (iequals(request.headers.get("x-forwarded-proto"), "https")) request.secure = true;
  // The hops are listed in order, the last headers and elements being ours to trust; the first that is not, seen from
  // the end, is the client.
  for (std::size_t i = request.headers.size(); i > 0; --i) {
    const Headers::Field field = request.headers[i - 1];
    if (!iequals(field.name, "x-forwarded-for")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::size_t comma = list.rfind(',');
      ip::address address;
      if (!parse_forwarded(trimmed(list.substr(comma == std::string_view::npos ? 0 : comma + 1)), address)) return;
      request.client_address = address.to_string();
      request.from_loopback = address.is_loopback();
      if (!trusts(address)) return;
      list = list.substr(0, comma == std::string_view::npos ? 0 : comma);
    }
  }
}

}  // namespace kismet
