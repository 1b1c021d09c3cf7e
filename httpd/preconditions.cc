#include "httpd/preconditions.h"

#include <charconv>
#include <ctime>

namespace kismet {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes what stands before the next `separator` off `rest`.
std::string_view next_of(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view item = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(item);
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  if (text.empty()) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool lists_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    std::string_view item = next_of(list, ',');
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == etag) return true;
  }
  return false;
}

WallTime in_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

/// One "first-last", "first-" or "-count"; false: unsatisfiable or no range.
bool parse_range(std::string_view text, std::uint64_t size, ByteRange& range, bool& valid) {
  const std::size_t dash = text.find('-');
  valid = dash != std::string_view::npos;
  if (!valid) return false;
  const std::string_view first = trim(text.substr(0, dash));
  const std::string_view last = trim(text.substr(dash + 1));
  std::uint64_t count = 0;
  if (first.empty()) {
    valid = parse_number(last, count);
    if (!valid || count == 0 || size == 0) return false;
    range = {size - std::min(count, size), size - 1};
    return true;
  }
  valid = parse_number(first, range.first) && (last.empty() || parse_number(last, range.last));
  if (!valid) return false;
  if (last.empty() || range.last >= size) range.last = size - 1;
  if (size == 0 || range.first >= size) return false;
  valid = range.first <= range.last;
  return valid;
}

/// "1", "0.5", "0.875" in thousandths; what is no weight is 0.
int parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int scale = 100;
  for (std::size_t i = 2; i < text.size(); ++i, scale /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    weight += (text[i] - '0') * scale;
  }
  return std::min(weight, 1000);
}

}  // namespace

bool is_not_modified(const Headers& headers, const Validators& file) {
  if (headers.has("if-none-match")) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (iequals(headers[i].name, "if-none-match") && lists_etag(headers[i].value, file.etag)) return true;
    }
    return false;
  }
  const std::optional<WallTime> since = parse_http_date(headers.get("if-modified-since"));
  return since && in_seconds(file.modified) <= *since;
}

RangeWish wished_range(const Headers& headers, std::uint64_t size, const Validators& file, ByteRange& range) {
  std::string_view wish = headers.get("range");
  constexpr std::string_view kBytes = "bytes=";
  if (wish.size() < kBytes.size() || !iequals(wish.substr(0, kBytes.size()), kBytes)) return RangeWish::whole;
  wish.remove_prefix(kBytes.size());
  if (wish.find(',') != std::string_view::npos || headers.count("range") > 1) return RangeWish::whole;
  if (const std::string_view condition = headers.get("if-range"); !condition.empty()) {
    const std::optional<WallTime> date = parse_http_date(condition);
    const bool same = date ? *date == in_seconds(file.modified) : condition == file.etag;
    if (!same) return RangeWish::whole;
  }
  bool valid = false;
  if (parse_range(trim(wish), size, range, valid)) return RangeWish::part;
  return valid ? RangeWish::unsatisfiable : RangeWish::whole;
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  if (text.empty()) return std::nullopt;  // Mostly.
  const std::string date(text.substr(0, 64));
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = ::strptime(date.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') return std::chrono::system_clock::from_time_t(::timegm(&parts));
  }
  return std::nullopt;
}

bool lists_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view item = next_of(list, ',');
    if (iequals(trim(item.substr(0, item.find_first_of(";="))), word)) return true;
  }
  return false;
}

bool lists_coding(std::string_view accept_encoding, std::string_view coding) {
  return lists_word(accept_encoding, coding);
}

int coding_weight(std::string_view accept_encoding, std::string_view coding) {
  int named = -1;
  int any = 0;
  while (!accept_encoding.empty()) {
    std::string_view item = next_of(accept_encoding, ',');
    const std::string_view name = next_of(item, ';');
    int weight = 1000;
    while (!item.empty()) {
      const std::string_view parameter = next_of(item, ';');
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) weight = parse_weight(parameter.substr(2));
    }
    if (iequals(name, coding)) named = weight;
    if (name == "*") any = weight;
  }
  return named >= 0 ? named : any;
}

}  // namespace kismet
