#include "httpd/credentials.h"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace kismet {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// With or without padding, in either alphabet.
std::optional<std::string> base64_decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string decoded(text.size(), '\0');
  for (const int variant : {sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
    std::size_t size = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(decoded.data()), decoded.size(), text.data(),
                                         text.size(), nullptr, &size, &end, variant);
    if (failed == 0 && end == text.data() + text.size()) {
      decoded.resize(size);
      return decoded;
    }
  }
  return std::nullopt;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | (byte >> 6));
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

void add_reading(std::vector<LoginReading>& readings, LoginReading reading) {
  if (reading.name.empty() || reading.name.size() > kMaxLoginName) return;
  if (reading.password.empty() || reading.password.size() > kMaxPassword) return;
  if (std::find(readings.begin(), readings.end(), reading) == readings.end()) readings.push_back(std::move(reading));
}

constexpr std::string_view kBasic = "basic ";

bool is_basic(std::string_view authorization) {
  return authorization.size() > kBasic.size() && iequals(authorization.substr(0, kBasic.size()), kBasic);
}

void add_basic(std::vector<LoginReading>& readings, std::string_view authorization) {
  if (!is_basic(authorization)) return;
  const std::optional<std::string> decoded = base64_decode(trim(authorization.substr(kBasic.size())));
  if (!decoded) return;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return;
  const LoginReading raw{decoded->substr(0, colon), decoded->substr(colon + 1)};
  add_reading(readings, raw);
  if (!is_valid_utf8(*decoded)) add_reading(readings, {latin1_to_utf8(raw.name), latin1_to_utf8(raw.password)});
}

void add_query(std::vector<LoginReading>& readings, std::string_view query) {
  std::optional<std::string_view> user;
  std::optional<std::string_view> password;
  for_each_field(query, [&](std::string_view name, std::string_view value) {
    if (name == "user" && !user) user = value;
    if (name == "password" && !password) password = value;
  });
  if (!user || !password) return;
  for (const Plus plus : {Plus::space, Plus::itself}) {
    add_reading(readings, {percent_decode(*user, plus), percent_decode(*password, plus)});
  }
}

}  // namespace

namespace detail {

std::string_view next_cookie(std::string_view& header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (!value.empty()) return value;
  }
  return {};
}

}  // namespace detail

bool has_login(const Request& request) {
  return request.headers.has("authorization") || request.query.find("password=") != std::string::npos;
}

std::vector<LoginReading> login_readings(const Request& request) {
  std::vector<LoginReading> readings;
  add_basic(readings, request.headers.get("authorization"));
  add_query(readings, request.query);
  return readings;
}

}  // namespace kismet
