#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "httpd/credentials.h"

namespace kismet {

/// The daemon's one login: a name, and its password as a hash or, where a person wrote it so, as plain text. A value.
struct Login {
  enum class Source : std::uint8_t { none, config, file };

  Source source = Source::none;
  std::string name;
  std::string secret;  // "$argon2...", or plain text.

  bool configured() const { return source != Source::none; }
  bool hashed() const { return secret.starts_with("$argon2"); }
  friend bool operator==(const Login&, const Login&) = default;
};

/// What a hash costs: whoever guesses pays it for each guess.
struct HashCost {
  unsigned long long operations;
  std::size_t memory;  // Bytes.
};

/// An Argon2id hash of `password` with a salt of its own; empty if the memory for it is not there. Blocks for its cost.
std::string hash_password(const std::string& password, HashCost cost);

/// Whether `reading` is `login`. Takes as long for a wrong name as for a wrong password. Blocks for the hash's cost.
bool is_login(const Login& login, const LoginReading& reading);

/// Why a new login cannot have this name and password; empty: it can. Control characters are refused because hash
/// functions and terminals disagree about them, `:` in a name because Basic cannot say it.
std::string refuse_login(std::string_view name, std::string_view password);

/// Recognises a login later without giving it away: sessions that are kept belong to the login with this print. Both
/// block for a hash's cost when the password is plain text.
std::string login_print(const Login& login, HashCost cost);
bool matches_print(const Login& login, const std::string& print);

}  // namespace kismet
