#include "httpd/secrets.h"

#include <sodium.h>

#include <stdexcept>

namespace kismet {

namespace {

/// libsodium must be asked before its first use, from whichever thread that is.
void ready() {
  static const bool initialised = sodium_init() >= 0;
  if (!initialised) throw std::runtime_error("libsodium cannot start: no source of randomness");
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool operator==(const Digest& a, const Digest& b) {
  return sodium_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

std::string Digest::hex() const {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  Digest digest;
  std::size_t size = 0;
  if (hex.size() != digest.bytes.size() * 2) return std::nullopt;
  if (sodium_hex2bin(digest.bytes.data(), digest.bytes.size(), hex.data(), hex.size(), nullptr, &size, nullptr) != 0 ||
      size != digest.bytes.size()) {
    return std::nullopt;
  }
  return digest;
}

Digest digest_of(std::string_view secret) {
  ready();
  Digest digest;
  crypto_generichash(digest.bytes.data(), digest.bytes.size(), bytes_of(secret), secret.size(), nullptr, 0);
  return digest;
}

KeyedDigest::KeyedDigest() {
  ready();
  randombytes_buf(key_.data(), key_.size());
}

Digest KeyedDigest::operator()(std::string_view first, std::string_view second) const {
  const std::uint64_t size = first.size();
  crypto_generichash_state state;
  Digest digest;
  crypto_generichash_init(&state, key_.data(), key_.size(), digest.bytes.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
  crypto_generichash_update(&state, bytes_of(first), first.size());
  crypto_generichash_update(&state, bytes_of(second), second.size());
  crypto_generichash_final(&state, digest.bytes.data(), digest.bytes.size());
  return digest;
}

std::string make_token() {
  ready();
  std::array<unsigned char, 16> random;
  randombytes_buf(random.data(), random.size());
  std::string token;
  for (const unsigned char byte : random) {
    token += "0123456789ABCDEF"[byte >> 4];
    token += "0123456789ABCDEF"[byte & 15];
  }
  return token;
}

std::string make_setup_code() {
  ready();
  static constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  static_assert(kLetters.size() == 32);
  std::string code;
  for (int i = 0; i < 12; ++i) {
    if (i % 4 == 0 && i > 0) code += '-';
    code += kLetters[randombytes_uniform(32)];
  }
  return code;
}

bool same_secret(std::string_view a, std::string_view b) {
  return digest_of(a) == digest_of(b);
}

}  // namespace kismet
