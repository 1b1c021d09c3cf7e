#include "server/helper_answer_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>

#include "httpd/headers.h"
#include "httpd/mime_types.h"

namespace kismet {

namespace {

// The writer frames the answer; a helper has no say in it, nor in what concerns one connection only.
constexpr std::array<std::string_view, 8> kNeverPassed{"connection",        "keep-alive", "proxy-authenticate",
                                                       "proxy-connection",  "te",         "trailer",
                                                       "transfer-encoding", "upgrade"};
constexpr std::array<std::string_view, 2> kOurs{"date", "server"};  // Set by the writer anyway.

bool is_token(std::string_view name) {
  static constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

bool has_controls(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_in(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view n) { return iequals(name, n); });
}

/// Whether a browser would send this cookie back as one named KISMET, which is a login: one without a name is sent as
/// its bare value, whatever that looks like.
bool is_login_cookie(std::string_view cookie) {
  const std::size_t equals = cookie.substr(0, cookie.find(';')).find('=');
  if (equals == std::string_view::npos) return true;
  std::string_view name = cookie.substr(0, equals);
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return name.empty() || iequals(name, "kismet");
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 60)) shown += (c < 0x20 || c == 0x7f) ? '?' : c;
  return shown;
}

std::optional<std::uint64_t> to_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace

CheckedHead check_head(const HelperAnswer& answer, std::string_view path, const MimeTypes& types) {
  CheckedHead checked;
  ResponseHead& head = checked.head;
  if (answer.result_code) {
    head.status = *answer.result_code;
    if (head.status < 200 || head.status > 599) {
      checked.faults.push_back("result code " + std::to_string(*answer.result_code) + " is not one of 200..599");
      head.status = 502;
    }
  }
  for (const auto& [name, value] : answer.headers) {
    if (!is_token(name)) {
      checked.faults.push_back("header name \"" + printable(name) + "\" is not a token");
    } else if (has_controls(value)) {
      checked.faults.push_back("header " + name + " has a control character in its value");
    } else if (is_in(name, kOurs)) {
      continue;
    } else if (iequals(name, "content-length")) {
      checked.length = to_length(value);
      if (!checked.length) checked.faults.push_back("Content-Length \"" + printable(value) + "\" is no length");
    } else if (is_in(name, kNeverPassed)) {
      checked.faults.push_back("header " + name + " is not a helper's to set");
    } else if (iequals(name, "set-cookie") && is_login_cookie(value)) {
      ++checked.bad_cookies;
    } else if (iequals(name, "content-type")) {
      head.content_type = value;
    } else {
      head.headers.emplace_back(name, value);
    }
  }
  if (head.content_type.empty()) head.content_type = types.for_path(path, "text/html; charset=utf-8");
  return checked;
}

}  // namespace kismet
