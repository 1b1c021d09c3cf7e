#pragma once

#include <sys/types.h>

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/request.h"

namespace kismet {

/// Who sits at the other end of a connection's socket, and which of our addresses it came to.
struct PeerAddress {
  boost::asio::ip::address peer;  // Unspecified for a unix socket.
  boost::asio::ip::address local;
  bool unix_socket = false;                    // Counts as loopback.
  std::optional<::uid_t> user = std::nullopt;  // At the other end of a unix socket, as the kernel knows it.
  bool owner = false;  // It came over the control socket, as the daemon's own user or as root: it may do everything.
};

/// The address, or "unix:uid=1000" for a unix socket: what logs, helpers, and the count of failed logins call a client.
std::string to_string(const PeerAddress& peer);

/// Addresses and networks ("10.1.2.3", "fd00::/8", "unix") that are believed when they speak for others.
/// Thread rule: immutable, safe everywhere. Owned by the server.
class TrustedProxies {
 public:
  /// What is neither an address nor a network is left out; the configuration checks with valid().
  explicit TrustedProxies(const std::vector<std::string>& networks);
  static bool valid(std::string_view network);

  bool trusts(const PeerAddress& peer) const;

  /// Fills client_address, from_loopback and secure: of the peer itself, or, if that is trusted, from X-Forwarded-For
  /// (the last address in it that is not trusted) and X-Forwarded-Proto. Who speaks for somebody else, trusted or not,
  /// does not count as loopback itself.
  void identify(Request& request, const PeerAddress& peer, const std::string& peer_text) const;

 private:
  struct Network {
    boost::asio::ip::address_v6 base;  // IPv4 as mapped.
    unsigned bits = 128;
  };
  static bool parse(std::string_view text, Network& network);
  bool trusts(const boost::asio::ip::address& address) const;

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace kismet
