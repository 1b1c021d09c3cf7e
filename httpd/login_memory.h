#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "httpd/secrets.h"

namespace kismet {

/// Passwords that were hashed a short while ago, by keyed digest, so that a program that sends its password with each
/// request is hashed once, and one that keeps sending a wrong one costs nothing. Bounded: the oldest is forgotten.
/// Thread rule: one copy a loop, all members on that loop. Owned by the LoginAuthenticator.
class LoginMemory {
 public:
  struct Outcome {
    bool right = false;
    SteadyTime until;     // Hash again after this.
    std::string session;  // The token of the session that the login opened; reused when it is hashed again.
  };

  explicit LoginMemory(std::size_t most) : most_(most == 0 ? 1 : most) {}

  /// Null: never seen, or forgotten. The caller compares `until`.
  const Outcome* find(const Digest& digest) const;
  void put(const Digest& digest, Outcome outcome);
  void clear();

 private:
  struct Place {
    Outcome outcome;
    std::list<Digest>::iterator age;
  };
  const std::size_t most_;
  std::list<Digest> ages_;  // Oldest first.
  std::unordered_map<Digest, Place, DigestHash> places_;
};

}  // namespace kismet
