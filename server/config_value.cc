#include "server/config_value.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <cmath>

#include "server/config_problem.h"
#include "server/nearest.h"

namespace kismet {
namespace {

using std::chrono::milliseconds;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// "12.5 k" as a number that is not negative and what stands behind it, in lower case; nothing if it is no such number.
std::optional<std::pair<double, std::string>> split_number(const std::string& text) {
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  std::string suffix = lower(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  suffix.erase(0, std::min(suffix.find_first_not_of(' '), suffix.size()));
  return std::pair{value, std::move(suffix)};
}

std::optional<double> milliseconds_of(const std::string& suffix, TimeUnit unit) {
  if (suffix.empty()) return unit == TimeUnit::seconds ? 1000.0 : 1.0;
  if (suffix == "ms") return 1.0;
  if (suffix == "s") return 1000.0;
  if (suffix == "m" || suffix == "min") return 60'000.0;
  if (suffix == "h") return 3'600'000.0;
  if (suffix == "d") return 86'400'000.0;
  return std::nullopt;
}

std::optional<std::uint64_t> bytes_of(const std::string& suffix, std::uint64_t unit) {
  if (suffix.empty()) return unit;
  if (suffix == "b") return 1;
  if (suffix == "k" || suffix == "kb" || suffix == "kib") return kKiB;
  if (suffix == "m" || suffix == "mb" || suffix == "mib") return kMiB;
  if (suffix == "g" || suffix == "gb" || suffix == "gib") return kGiB;
  return std::nullopt;
}

std::string show_decimal(double value) {
  char out[32];
  const auto [end, error] = std::to_chars(out, out + sizeof out, value);
  return error == std::errc{} ? std::string(out, end) : std::string{};
}

std::string show_text(const std::string& value) {
  return value;
}

}  // namespace

namespace detail {

std::string parse_integer(const std::string& text, std::int64_t min, std::uint64_t max, std::int64_t& out) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool too_high = value > 0 && static_cast<std::uint64_t>(value) > max;
  if (error != std::errc{} || rest != end || value < min || too_high) {
    return in_quotes(text) + " is not a " + range_name(min, max);
  }
  out = value;
  return {};
}

std::string parse_duration(const std::string& text, TimeUnit unit, milliseconds min, milliseconds max,
                           milliseconds& out) {
  const auto split = split_number(text);
  const auto scale = split ? milliseconds_of(split->second, unit) : std::nullopt;
  if (!scale)
    return in_quotes(text) + " is not a time: a number of " + (unit == TimeUnit::seconds ? "seconds" : "milliseconds") +
           ", or one with ms, s, m, h or d";
  const double value = std::round(split->first * *scale);
  if (value < static_cast<double>(min.count()) || value > static_cast<double>(max.count())) {
    return in_quotes(text) + " is out of range: from " + show_duration(min, unit) + " to " + show_duration(max, unit) +
           (unit == TimeUnit::seconds ? " seconds" : " milliseconds");
  }
  out = milliseconds(static_cast<milliseconds::rep>(value));
  return {};
}

std::string show_duration(milliseconds value, TimeUnit unit) {
  if (unit == TimeUnit::milliseconds) return std::to_string(value.count());
  if (value.count() % 1000 == 0) return std::to_string(value.count() / 1000);
  return std::to_string(value.count()) + "ms";
}

std::string parse_bytes(const std::string& text, std::uint64_t unit, std::uint64_t min, std::uint64_t max,
                        std::uint64_t& out) {
  const auto split = split_number(text);
  const auto scale = split ? bytes_of(split->second, unit) : std::nullopt;
  if (!scale)
    return in_quotes(text) + " is not a size: a number of " +
           (unit == 1      ? "bytes"
            : unit == kKiB ? "KiB"
                           : "MiB") +
           ", or one with k, M or G";
  const double value = std::floor(split->first * static_cast<double>(*scale));
  if (value < static_cast<double>(min) || value > static_cast<double>(max)) {
    return in_quotes(text) + " is out of range: from " + show_bytes(min, 1) + " to " + show_bytes(max, 1);
  }
  out = static_cast<std::uint64_t>(value);
  return {};
}

std::string show_bytes(std::uint64_t value, std::uint64_t unit) {
  if (unit != 1) return value % unit == 0 ? std::to_string(value / unit) : std::to_string(value) + "b";
  for (const auto& [size, letter] : {std::pair{kGiB, 'G'}, std::pair{kMiB, 'M'}, std::pair{kKiB, 'k'}}) {
    if (value >= size && value % size == 0) return std::to_string(value / size) + letter;
  }
  return std::to_string(value);
}

std::string range_name(std::int64_t min, std::uint64_t max) {
  std::string out = "number from " + std::to_string(min);
  if (max < static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) out += " to " + std::to_string(max);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string not_one_of(const std::string& text, const std::vector<std::string>& words) {
  std::string out = in_quotes(text) + " is not " + joined(words);
  const std::string meant = nearest(text, words);
  return meant.empty() ? out : out + "; did you mean " + in_quotes(meant) + "?";
}

}  // namespace detail

ValueType<bool> flag() {
  return {"true or false", "",
          [](const std::string& text, bool& out, ValueContext&) -> std::string {
            const std::string word = lower(text);
            for (const char* yes : {"true", "yes", "on", "1", "t", "y"}) {
              if (word == yes) return out = true, "";
            }
            for (const char* no : {"false", "no", "off", "0", "f", "n"}) {
              if (word == no) return out = false, "";
            }
            return in_quotes(text) + " is not true or false";
          },
          [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

ValueType<std::string> text_value() {
  return {"text", "",
          [](const std::string& text, std::string& out, ValueContext&) {
            out = text;
            return std::string{};
          },
          show_text};
}

ValueType<std::string> path_value() {
  return {"path", "",
          [](const std::string& text, std::string& out, ValueContext& context) {
            std::string unknown;
            out = expand(text, context.expand, &unknown);
            if (!unknown.empty())
              context.warning = std::string("%") + unknown.front() + " stands for nothing and is left out";
            return std::string{};
          },
          show_text};
}

ValueType<std::string> path_or_none() {
  ValueType<std::string> type = path_value();
  type.name = "path or none";
  type.parse = [path = type.parse](const std::string& text, std::string& out, ValueContext& context) {
    if (text != "none") return path(text, out, context);
    out.clear();
    return std::string{};
  };
  type.show = [](const std::string& value) { return value.empty() ? std::string("none") : value; };
  return type;
}

ValueType<std::string> ip_address() {
  return {"IP address", "",
          [](const std::string& text, std::string& out, ValueContext&) -> std::string {
            boost::system::error_code error;
            const auto address = boost::asio::ip::make_address(text, error);
            if (error) return in_quotes(text) + " is not an IPv4 or IPv6 address";
            return out = address.to_string(), "";
          },
          show_text};
}

ValueType<std::string> ipv4_address() {
  ValueType<std::string> type = ip_address();
  type.name = "IPv4 address";
  type.parse = [](const std::string& text, std::string& out, ValueContext&) -> std::string {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v4(text, error);
    if (error) return in_quotes(text) + " is not an IPv4 address";
    return out = address.to_string(), "";
  };
  return type;
}

ValueType<std::string> word_value() {
  return {"word", "",
          [](const std::string& text, std::string& out, ValueContext&) -> std::string {
            const bool good =
                !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
                  return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-' || c == '.');
                });
            if (!good) return in_quotes(text) + " is not a word of at most 64 letters, digits, '_', '-' and '.'";
            return out = text, "";
          },
          show_text};
}

ValueType<std::string> uuid_value() {
  return {"UUID", "",
          [](const std::string& text, std::string& out, ValueContext&) -> std::string {
            static constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
            const bool good =
                std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(), [](char c, char shape) {
                  return shape == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
                });
            if (!good) return in_quotes(text) + " is not a UUID, as in 7f9c24e8-3b12-4b3f-9d2a-0123456789ab";
            return out = text, "";
          },
          show_text};
}

ValueType<double> decimal(double min, double max, std::string unit) {
  const std::string name = "number from " + show_decimal(min) + " to " + show_decimal(max);
  return {name, std::move(unit),
          [=](const std::string& text, double& out, ValueContext&) -> std::string {
            const auto split = split_number(text);
            if (!split || !split->second.empty() || split->first < min || split->first > max) {
              return in_quotes(text) + " is not a " + name;
            }
            return out = split->first, "";
          },
          [](const double& value) { return show_decimal(value); }};
}

}  // namespace kismet
