#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config_expand.h"

namespace kismet {

/// What reading a value needs, and what it has to say beside an error.
struct ValueContext {
  ExpandValues expand;
  std::string warning;  // Set by a value that is taken, but not as it may have been meant.
};

/// How a value of type T is written in a configuration.
template <typename T>
struct ValueType {
  std::string name;  // For people: "true or false", "number from 0 to 65535".
  std::string unit;  // Of a bare number: "seconds", "bytes"; empty if there is none.
  /// Reads `text` into `out`. Returns an empty string, or what is wrong with it; `out` is then as it was.
  std::function<std::string(const std::string& text, T& out, ValueContext& context)> parse;
  /// As parse() would read it; empty for "not set".
  std::function<std::string(const T& value)> show;
};

/// true, false; also yes, no, on, off, 1, 0.
ValueType<bool> flag();
/// Any text.
ValueType<std::string> text_value();
/// A path; its %-pairs are expanded.
ValueType<std::string> path_value();
/// A path, or "none" for no file at all, which is an empty text.
ValueType<std::string> path_or_none();
/// A literal IPv4 or IPv6 address.
ValueType<std::string> ip_address();
/// A literal IPv4 address.
ValueType<std::string> ipv4_address();
/// One word of letters, digits, '_', '-' and '.'.
ValueType<std::string> word_value();

/// A UUID: 32 hex digits in groups of 8-4-4-4-12.
ValueType<std::string> uuid_value();
/// A number that need not be whole.
ValueType<double> decimal(double min, double max, std::string unit = {});

enum class TimeUnit : std::uint8_t { milliseconds, seconds };

namespace detail {

std::string parse_integer(const std::string& text, std::int64_t min, std::uint64_t max, std::int64_t& out);
std::string parse_duration(const std::string& text, TimeUnit unit, std::chrono::milliseconds min,
                           std::chrono::milliseconds max, std::chrono::milliseconds& out);
std::string show_duration(std::chrono::milliseconds value, TimeUnit unit);
std::string parse_bytes(const std::string& text, std::uint64_t unit, std::uint64_t min, std::uint64_t max,
                        std::uint64_t& out);
std::string show_bytes(std::uint64_t value, std::uint64_t unit);
std::string range_name(std::int64_t min, std::uint64_t max);
std::string not_one_of(const std::string& text, const std::vector<std::string>& words);
std::string joined(const std::vector<std::string>& words);

}  // namespace detail

template <std::integral T>
ValueType<T> number(T min, T max, std::string unit = {}) {
  const auto low = static_cast<std::int64_t>(min);
  const auto high = static_cast<std::uint64_t>(max);
  return {detail::range_name(low, high), std::move(unit),
          [low, high](const std::string& text, T& out, ValueContext&) {
            std::int64_t value = 0;
            std::string wrong = detail::parse_integer(text, low, high, value);
            if (wrong.empty()) out = static_cast<T>(value);
            return wrong;
          },
          [](const T& value) { return std::to_string(value); }};
}

/// A time: a number of `unit`, or a number with ms, s, m, h or d behind it.
template <typename Duration = std::chrono::milliseconds>
ValueType<Duration> duration(TimeUnit unit, std::chrono::milliseconds min,
                             std::chrono::milliseconds max = std::chrono::hours(24 * 366)) {
  return {"time", unit == TimeUnit::seconds ? "seconds" : "milliseconds",
          [=](const std::string& text, Duration& out, ValueContext&) {
            std::chrono::milliseconds value{};
            std::string wrong = detail::parse_duration(text, unit, min, max, value);
            if (wrong.empty()) out = std::chrono::duration_cast<Duration>(value);
            return wrong;
          },
          [unit](const Duration& value) {
            return detail::show_duration(std::chrono::duration_cast<std::chrono::milliseconds>(value), unit);
          }};
}

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// A size: a number of bytes (or of `unit` bytes), or a number with k, M or G (powers of 1024) behind it.
template <std::unsigned_integral T>
ValueType<T> bytes(std::uint64_t min, std::uint64_t max = 1024 * kGiB, std::uint64_t unit = 1) {
  return {"size",
          unit == 1      ? "bytes"
          : unit == kKiB ? "KiB"
                         : "MiB",
          [=](const std::string& text, T& out, ValueContext&) {
            std::uint64_t value = 0;
            std::string wrong = detail::parse_bytes(text, unit, min, max, value);
            if (wrong.empty()) out = static_cast<T>(value);
            return wrong;
          },
          [unit](const T& value) { return detail::show_bytes(value, unit); }};
}

/// One of a few words.
template <typename T>
ValueType<T> choice(std::vector<std::pair<std::string, T>> choices) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  return {detail::joined(words), "",
          [choices, words](const std::string& text, T& out, ValueContext&) {
            for (const auto& [word, value] : choices) {
              if (word == text) {
                out = value;
                return std::string{};
              }
            }
            return detail::not_one_of(text, words);
          },
          [choices](const T& value) {
            for (const auto& [word, known] : choices) {
              if (known == value) return word;
            }
            return std::string{};
          }};
}

/// The same, for a field that may be unset.
template <typename T>
ValueType<std::optional<T>> optional_value(ValueType<T> type) {
  return {type.name, type.unit,
          [parse = type.parse](const std::string& text, std::optional<T>& out, ValueContext& context) {
            T value{};
            std::string wrong = parse(text, value, context);
            if (wrong.empty()) out = value;
            return wrong;
          },
          [show = type.show](const std::optional<T>& value) { return value ? show(*value) : std::string{}; }};
}

}  // namespace kismet
