#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "httpd/identity_settings.h"

namespace kismet {

/// Makes guessing slow: after some failed logins an address waits before the next, twice as long each time; addresses
/// that never logged in share a budget of hashes. A table of bounded size; the address whose last failure is longest
/// past is forgotten first.
/// Thread rule: the first loop. Owned by the LoginAuthenticator.
class LoginGuard {
 public:
  LoginGuard(const Clock& clock, const IdentitySettings& settings);

  struct Verdict {
    std::chrono::seconds wait{0};  // 0: go on, and the attempt counts as failed until succeeded() or withdrawn().
    unsigned failures = 0;         // Of this address, this attempt included.
    bool first_refusal = false;    // Of this wait: worth telling people, the next are not.
  };
  Verdict begin(std::string_view address);
  /// The attempt was a right login.
  void succeeded(std::string_view address);
  /// The attempt did not take place.
  void withdrawn(std::string_view address);

  std::size_t watched() const { return entries_.size(); }

 private:
  struct Entry {
    std::string address;
    unsigned failures = 0;
    bool known = false;  // Has logged in before.
    bool told = false;
    SteadyTime last;
    SteadyTime blocked_until{};
  };
  Entry& entry(std::string_view address);
  bool take_budget();
  std::chrono::seconds wait_after(unsigned failures) const;

  const Clock& clock_;
  const IdentitySettings& settings_;
  std::list<Entry> entries_;  // By last use, oldest first.
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
  double budget_;
  SteadyTime budget_at_;
};

/// What stands for a client in the guard's table: an IPv4 address, or an IPv6 /64, since who has one has all of it.
std::string guarded_address(std::string_view client_address);

}  // namespace kismet
