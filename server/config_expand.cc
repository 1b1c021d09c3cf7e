#include "server/config_expand.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace kismet {
namespace {

constexpr unsigned kLastNumber = 999'999;

std::string with_slash(const std::string& path) {
  return path.empty() || path.back() == '/' ? path : path + '/';
}

/// strftime without the locale: names of months stay English in file names.
std::string format_time(WallTime time, char pair) {
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = WallTime::clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  const int year = utc.tm_year + 1900;
  std::array<char, 64> out{};
  switch (pair) {
    case 'd':
      std::snprintf(out.data(), out.size(), "%s-%02d-%04d", kMonths[static_cast<std::size_t>(utc.tm_mon) % 12],
                    utc.tm_mday, year);
      break;
    case 'D':
      std::snprintf(out.data(), out.size(), "%04d%02d%02d", year, utc.tm_mon + 1, utc.tm_mday);
      break;
    case 't':
      std::snprintf(out.data(), out.size(), "%02d-%02d-%02d", utc.tm_hour, utc.tm_min, utc.tm_sec);
      break;
    default:
      std::snprintf(out.data(), out.size(), "%02d%02d%02d", utc.tm_hour, utc.tm_min, utc.tm_sec);
      break;
  }
  return out.data();
}

std::string six_digits(unsigned number) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%06u", number);
  return out.data();
}

/// `number` 0: the text is no log's path.
std::string expand_with(std::string_view text, const ExpandValues& values, unsigned number, std::string* unknown) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char pair = text[++i];
    switch (pair) {
      case 'h':
        out += values.home;
        break;
      case 'S':
        out += values.data;
        break;
      case 'E':
        out += values.etc;
        break;
      case 'B':
        out += values.bin;
        break;
      case 'p':
        out += with_slash(values.log_prefix);
        break;
      case 'n':
        out += values.log_title;
        break;
      case 'l':
        out += values.log_type;
        break;
      case 'd':
      case 'D':
      case 't':
      case 'T':
        out += format_time(values.start, pair);
        break;
      case 'i':
      case 'I':
        if (number != 0) out += pair == 'i' ? std::to_string(number) : six_digits(number);
        break;
      default:
        if (unknown) *unknown += pair;
        break;
    }
  }
  return out;
}

/// One slash where several stand in a row, as they do where %p meets the slash behind it.
std::string with_single_slashes(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  return out;
}

bool has_number(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (text[i + 1] == 'i' || text[i + 1] == 'I') return true;
    ++i;
  }
  return false;
}

}  // namespace

std::string expand(std::string_view text, const ExpandValues& values, std::string* unknown) {
  return expand_with(text, values, 0, unknown);
}

std::optional<std::string> expand_log_path(std::string_view log_template, const ExpandValues& values,
                                           const std::function<bool(const std::string& path)>& exists) {
  if (!has_number(log_template)) return with_single_slashes(expand_with(log_template, values, 0, nullptr));
  for (unsigned number = 1; number <= kLastNumber; ++number) {
    std::string path = with_single_slashes(expand_with(log_template, values, number, nullptr));
    if (!exists(path)) return path;
  }
  return std::nullopt;
}

}  // namespace kismet
