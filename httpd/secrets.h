#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kismet {

/// What is kept of a token, a password that was right, or any other secret to be recognised: 256 bits of BLAKE2b.
/// Comparing takes the same time wherever two differ.
struct Digest {
  std::array<unsigned char, 32> bytes{};

  friend bool operator==(const Digest& a, const Digest& b);
  std::string hex() const;  // 64 lower-case digits.
  static std::optional<Digest> from_hex(std::string_view hex);
};

/// For hash tables: a digest is random already.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t value;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};

Digest digest_of(std::string_view secret);

/// Digests under a key of its own, random at each start, so that what it leaves in memory helps nobody to guess offline
/// and no outsider can choose a digest. Thread rule: safe everywhere.
class KeyedDigest {
 public:
  KeyedDigest();
  /// Of the two texts, in this order; ("ab", "c") differs from ("a", "bc").
  Digest operator()(std::string_view first, std::string_view second) const;

 private:
  std::array<unsigned char, 32> key_;
};

/// 128 random bits as 32 upper-case hex digits.
std::string make_token();
/// A code for people to type: 60 random bits as ABCD-EFGH-JKLM, without letters that look alike.
std::string make_setup_code();
/// Compares without telling by its time where the two differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace kismet
