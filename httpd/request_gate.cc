#include "httpd/request_gate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "httpd/character_sets.h"

namespace kismet {

namespace {

constexpr std::size_t kEmptyLinesBefore = 2;  // RFC 9112, 2.2: some clients end a body with a CRLF too many.
constexpr std::size_t kMethodLimit = 32;

// What browsers send as it is (WHATWG URL) is accepted, beside what RFC 3986 allows.
constexpr CharacterSet kPathCharacters = CharacterSet("").with('!', '~').without("\"#<>\\?");
constexpr CharacterSet kQueryCharacters = CharacterSet("").with('!', '~').without("\"#<>");

constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

/// How many bytes from `at` on are surely value characters, seen eight at a time: no control character is among them.
std::size_t count_plain(std::string_view bytes, std::size_t at) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  // Sets the highest bit of each byte below `limit`; of those above the lowest such byte, perhaps of some more.
  const auto below = [](std::uint64_t word, std::uint64_t limit) {
    return (word - limit * kEach) & ~word & 0x80 * kEach;
  };
  std::size_t count = 0;
  for (std::uint64_t word = 0; bytes.size() - at - count >= sizeof word; count += sizeof word) {
    std::memcpy(&word, bytes.data() + at + count, sizeof word);
    boost::endian::little_to_native_inplace(word);
    const std::uint64_t other = below(word, ' ') | below(word ^ 0x7F * kEach, 1);
    if (other != 0) return count + static_cast<std::size_t>(std::countr_zero(other)) / 8;
  }
  return count;
}

bool digit(char c) {
  return kDigits.has(c);
}

Refusal check_version(std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
  if (version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) && version[6] == '.' &&
      digit(version[7])) {
    return {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  return {400, "The request line does not end in an HTTP version"};
}

Refusal check_path(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!kPathCharacters.has(path[i])) return {400, "The request target has a character that must be percent-encoded"};
    if (path[i] != '%') continue;
    if (i + 2 >= path.size() || !kHexDigits.has(path[i + 1]) || !kHexDigits.has(path[i + 2])) {
      return {400, "The path has a % without two hexadecimal digits"};
    }
    if (path[i + 1] == '0' && path[i + 2] == '0') return {400, "The path has an encoded NUL"};
  }
  return {};
}

// The authority of an absolute target, "http://host/path" -> "host"; empty if `target` is none.
std::string_view authority_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() && iequals(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      return target.substr(0, target.find_first_of("/?"));
    }
  }
  return {};
}

Refusal check_target(std::string_view method, std::string_view target) {
  if (target == "*") {
    if (method == "OPTIONS") return {};
    return {400, "The target * is for OPTIONS alone"};
  }
  if (target.front() != '/') {
    const std::string_view authority = authority_of(target);
    if (authority.empty()) return {400, "The request target is neither a path nor an http URL"};
    if (!valid_host(authority)) return {400, "The host in the request target is not valid"};
    target.remove_prefix(static_cast<std::size_t>(authority.data() + authority.size() - target.data()));
  }
  const std::size_t question = target.find('?');
  if (question != std::string_view::npos && !kQueryCharacters.has_all(target.substr(question + 1))) {
    return {400, "The query has a character that must be percent-encoded"};
  }
  return check_path(target.substr(0, question));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Refusal check_transfer_encoding(const Request& request, const HeadFacts& facts) {
  if (request.version == 10) return {400, "HTTP/1.0 has no Transfer-Encoding"};
  if (facts.content_lengths > 0) return {400, "Both Content-Length and Transfer-Encoding tell the body's length"};
  if (facts.transfer_encodings > 1) return {400, "There is more than one Transfer-Encoding"};
  if (iequals(facts.transfer_encoding, "chunked")) return {};
  const std::size_t comma = facts.transfer_encoding.rfind(',');
  if (comma != std::string_view::npos && iequals(trimmed(facts.transfer_encoding.substr(comma + 1)), "chunked")) {
    const std::string_view inner = trimmed(facts.transfer_encoding.substr(0, comma));
    if (is_token(inner) && !iequals(inner, "chunked")) return {501, "The only Transfer-Encoding known here is chunked"};
  }
  return {400, "The Transfer-Encoding does not tell where the body ends"};
}

Refusal check_host(const Request& request, const HeadFacts& facts) {
  if (facts.hosts == 0) {
    if (request.version == 10) return {};
    return {400, "There is no Host header"};
  }
  if (facts.hosts > 1) return {400, "There is more than one Host header"};
  if (!valid_host(facts.host)) return {400, "The Host header is not valid"};
  const std::string_view authority = authority_of(request.target);
  if (!authority.empty() && !iequals(authority, facts.host)) {
    return {400, "The Host header and the request target name different hosts"};
  }
  return {};
}

}  // namespace

Refusal check_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return {400, "A header is folded over several lines"};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {400, "A header line has no colon"};
  if (!is_token(line.substr(0, colon))) return {400, "A header name is not valid"};
  return {};
}

bool valid_host(std::string_view host) {
  constexpr CharacterSet kNameCharacters = CharacterSet("-._~%").with('0', '9').with('a', 'z').with('A', 'Z');
  constexpr CharacterSet kV6Characters = kHexDigits.with(':', ':').with('.', '.');
  std::size_t end = 0;
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos || end < 3 || !kV6Characters.has_all(host.substr(1, end - 1))) return false;
    ++end;
  } else {
    end = std::min(host.find(':'), host.size());
    if (end == 0 || end > 255 || !kNameCharacters.has_all(host.substr(0, end))) return false;
  }
  if (end == host.size()) return true;
  if (host[end] != ':') return false;
  const std::string_view port = host.substr(end + 1);
  if (port.size() > 5 || !kDigits.has_all(port)) return false;
  unsigned number = 0;
  for (const char c : port) number = number * 10 + static_cast<unsigned>(c - '0');
  return number <= 65535;
}

HeadScanner::State HeadScanner::refuse(unsigned status, std::string_view reason) {
  refusal_ = {status, reason};
  return State::refused;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
  while (position_ < bytes.size()) {
    position_ += count_plain(bytes, position_);
    if (position_ == bytes.size()) break;
    const char c = bytes[position_];
    if (kValueCharacters.has(c)) {
      ++position_;
      continue;
    }
    if (c != '\r') {
      if (c == '\n') return refuse(400, "A line ends in a bare LF");
      return refuse(400, lines_ == 0 ? "This is not an HTTP request" : "A header has a control character");
    }
    if (position_ + 1 == bytes.size()) break;
    if (bytes[position_ + 1] != '\n') return refuse(400, "There is a bare CR");
    const std::string_view line = bytes.substr(line_begin_, position_ - line_begin_);
    position_ += 2;
    line_begin_ = position_;
    if (lines_ > 0 && position_ - begin_ > settings_.header_limit) return refuse(431, "The headers are too long");
    if (line.empty() && lines_ > 0) return State::complete;
    if (!take_line(line)) return State::refused;
  }
  return check_unfinished(bytes);
}

HeadScanner::State HeadScanner::check_unfinished(std::string_view bytes) {
  if (lines_ == 0) {
    const std::string_view line = bytes.substr(line_begin_);
    if (line.size() > kMethodLimit && line.substr(0, kMethodLimit + 1).find(' ') == std::string_view::npos) {
      return refuse(501, "The method is not known here");
    }
    if (line.size() > settings_.target_limit + kMethodLimit + 16) return refuse(414, "The request target is too long");
    if (line_begin_ < bytes.size() && bytes[line_begin_] != '\r' && !kTokenCharacters.has(bytes[line_begin_])) {
      return refuse(400, "This is not an HTTP request");
    }
  }
  if (bytes.size() - begin_ > settings_.header_limit) return refuse(431, "The headers are too long");
  return State::more;
}

bool HeadScanner::take_line(std::string_view line) {
  if (line.empty()) {  // Before the request line.
    begin_ = line_begin_;
    if (begin_ > 2 * kEmptyLinesBefore) refusal_ = {400, "This is not an HTTP request"};
    return !refusal_;
  }
  refusal_ = lines_ == 0 ? check_request_line(line) : check_field_line(line);
  if (!refusal_ && lines_ > settings_.header_count_limit) refusal_ = {431, "There are too many headers"};
  ++lines_;
  return !refusal_;
}

Refusal HeadScanner::check_request_line(std::string_view line) const {
  const std::size_t first = line.find(' ');
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return {400, "The method is not valid"};
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first)
    return {400, "The request line is not: method, target, version"};
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (const Refusal refusal = check_version(line.substr(last + 1))) return refusal;
  if (target.size() > settings_.target_limit) return {414, "The request target is too long"};
  if (target.empty() || target.find(' ') != std::string_view::npos) {
    return {400, "The request line has a space too many"};
  }
  if (method.size() > kMethodLimit || std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return {501, "The method is not known here"};
  }
  return check_target(method, target);
}

Refusal check_head(const Request& request, const HeadFacts& facts, const HttpdSettings& settings) {
  if (const Refusal refusal = check_host(request, facts)) return refusal;
  if (facts.transfer_encodings > 0) return check_transfer_encoding(request, facts);
  if (facts.content_lengths > 1) return {400, "There is more than one Content-Length"};
  if (facts.content_lengths == 1) {
    const std::string_view length = facts.content_length;
    if (length.empty() || !kDigits.has_all(length)) return {400, "The Content-Length is not a number"};
    const std::string_view digits = length.substr(std::min(length.find_first_not_of('0'), length.size()));
    std::size_t value = 0;
    for (const char c : digits.substr(0, 18)) value = value * 10 + static_cast<std::size_t>(c - '0');
    if (digits.size() > 18 || value > settings.body_limit) return {413, "The body is too large"};
  }
  if (!facts.expect.empty() && !iequals(facts.expect, "100-continue")) {
    return {417, "The only expectation known here is 100-continue"};
  }
  return {};
}

bool split_target(Request& request, std::string_view prefix) {
  std::string_view target = request.target;
  const std::string_view authority = authority_of(target);
  if (!authority.empty())
    target.remove_prefix(static_cast<std::size_t>(authority.data() + authority.size() - target.data()));
  const std::size_t question = std::min(target.find('?'), target.size());
  request.query.assign(target.substr(std::min(question + 1, target.size())));
  const std::string_view path = target.substr(0, question);

  std::string& out = request.path;
  out.clear();
  if (path.find("//") == std::string_view::npos) {
    out = path.empty() ? "/" : path;
  } else {
    std::unique_copy(path.begin(), path.end(), std::back_inserter(out),
                     [](char a, char b) { return a == '/' && b == '/'; });
  }
  if (prefix.empty() || !out.starts_with(prefix)) return false;
  if (out.size() == prefix.size()) {
    out = "/";
    return true;
  }
  if (out[prefix.size()] != '/') return false;
  out.erase(0, prefix.size());
  return true;
}

}  // namespace kismet
