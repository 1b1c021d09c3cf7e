#include "external/frame_mask.h"

#include <algorithm>
#include <array>

namespace kismet::wire {

namespace {

constexpr std::string_view kSpaces = " \t\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

/// The end of the JSON string that begins at `at`, past its closing quote.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

/// The end of the JSON value that begins at `at`: of a number or word; of arrays and objects all, to the last bracket.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '"') return string_end(text, at);
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',')) return at;
    if (closes && --depth == 0) return at + 1;
    ++at;
  }
  return at;
}

/// Every value whose key is a credential's, at any depth.
std::string mask_json(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '"') {
      ++at;
      continue;
    }
    const std::size_t end = string_end(text, at);
    const std::string_view name = text.substr(at + 1, end > at + 2 ? end - at - 2 : 0);
    at = end;
    const std::size_t colon = text.find_first_not_of(kSpaces, end);
    if (colon == std::string_view::npos || text[colon] != ':' || !names_credential(name)) continue;
    const std::size_t value = text.find_first_not_of(kSpaces, colon + 1);
    if (value == std::string_view::npos) break;
    at = value_end(text, value);
    out.append(text.substr(done, value - done)).append("\"").append(kMask).append("\"");
    done = at;
  }
  return out.append(text.substr(done));
}

std::string mask_form(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    const std::size_t equals = field.find('=');
    const bool secret = equals != std::string_view::npos && names_credential(field.substr(0, equals));
    out.append(secret ? field.substr(0, equals + 1) : field);
    if (secret) out.append(kMask);
    if (end < text.size()) out += '&';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

bool names_credential(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"authorization", "proxy-authorization", "kismet", "psk"};
  constexpr std::array<std::string_view, 10> kParts{"passw",  "passphrase", "secret",  "token",      "cookie",
                                                    "apikey", "api_key",    "api-key", "credential", "private_key"};
  const std::string text = lower(name);
  const auto has = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end() ||
         std::any_of(kParts.begin(), kParts.end(), has);
}

std::string mask_text(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return std::string(text);
  if (text[begin] == '{' || text[begin] == '[') return mask_json(text);
  return text.find('=') == std::string_view::npos ? std::string(text) : mask_form(text);
}

MaskedCommand::MaskedCommand(const Command& command) : command_(command) {
  std::visit([this](auto& message) { mask(message); }, command_);
}

void MaskedCommand::mask(HttpRequest& request) {
  mask_pairs(request.variables, true);
  mask_pairs(request.headers, false);
  if (request.body) request.body = mask_value(*request.body);
}

void MaskedCommand::mask(HttpResponse& response) {
  mask_pairs(response.headers, false);
}

void MaskedCommand::mask(HttpAuth& auth) {
  auth.token = kMask;
  masked_ = true;
}

void MaskedCommand::mask_pairs(std::vector<Pair>& pairs, bool texts) {
  for (auto& [name, value] : pairs) {
    if (names_credential(name)) {
      value = kMask;
      masked_ = true;
    } else if (texts) {
      value = mask_value(value);
    }
  }
}

/// A text that may be JSON or a form.
std::string_view MaskedCommand::mask_value(std::string_view text) {
  std::string masked = mask_text(text);
  if (masked == text) return text;
  masked_ = true;
  return kept_.emplace_back(std::move(masked));
}

}  // namespace kismet::wire
