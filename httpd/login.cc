#include "httpd/login.h"

#include <sodium.h>

#include <algorithm>

#include "base/utf8.h"
#include "httpd/secrets.h"

namespace kismet {

namespace {

/// ASCII's and Latin-1's (U+0080 to U+009F).
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

bool is_hash_of(const std::string& hash, const std::string& password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string text_to_print(const Login& login) {
  return login.name + '\n' + login.secret;
}

}  // namespace

std::string hash_password(const std::string& password, HashCost cost) {
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(hash, password.data(), password.size(), cost.operations, cost.memory) != 0) return {};
  return hash;
}

bool is_login(const Login& login, const LoginReading& reading) {
  if (!login.configured() || login.name.empty() || login.secret.empty()) return false;
  const bool right_name = same_secret(login.name, reading.name);
  const bool right_password =
      login.hashed() ? is_hash_of(login.secret, reading.password) : same_secret(login.secret, reading.password);
  return right_name && right_password;
}

std::string refuse_login(std::string_view name, std::string_view password) {
  if (name.empty()) return "The name must not be empty.";
  if (password.empty()) return "The password must not be empty.";
  if (name.size() > kMaxLoginName) return "The name is too long (at most 128 bytes).";
  if (password.size() > kMaxPassword) return "The password is too long (at most 1024 bytes).";
  if (!is_valid_utf8(name) || !is_valid_utf8(password)) return "Name and password must be UTF-8 text.";
  if (has_control(name) || has_control(password)) return "Name and password must not hold control characters.";
  if (name.find(':') != std::string_view::npos) return "The name must not hold a colon.";
  if (name.front() == ' ' || name.back() == ' ') return "The name must not begin or end with a space.";
  return {};
}

std::string login_print(const Login& login, HashCost cost) {
  if (!login.configured()) return {};
  const std::string text = text_to_print(login);
  return login.hashed() ? "b2:" + digest_of(text).hex() : hash_password(text, cost);
}

bool matches_print(const Login& login, const std::string& print) {
  if (!login.configured() || print.empty()) return false;
  const std::string text = text_to_print(login);
  return login.hashed() ? same_secret("b2:" + digest_of(text).hex(), print) : is_hash_of(print, text);
}

}  // namespace kismet
