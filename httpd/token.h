#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "httpd/secrets.h"

namespace kismet {

enum class TokenKind : std::uint8_t {
  session,  // Of a person who logged in; kept, ends with disuse or with the password.
  api_key,  // Of a program; kept, ends when it expires or is revoked.
  helper,   // Of a running helper; never written anywhere, ends with it.
};

/// What a token stands for. The token itself is known to its holder alone; here is its digest.
struct Token {
  TokenKind kind = TokenKind::session;
  std::string name;
  std::string role;
  std::int64_t created = 0;  // Seconds since 1970.
  std::int64_t expires = 0;  // Likewise; 0 = never.
  std::string readable;      // The token, only where httpd_allow_auth_view keeps API keys readable.

  bool expired(std::int64_t now) const { return expires != 0 && now >= expires; }
  friend bool operator==(const Token&, const Token&) = default;
};

using TokenMap = std::unordered_map<Digest, Token, DigestHash>;

}  // namespace kismet
