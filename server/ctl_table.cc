#include "server/ctl_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/utf8.h"

namespace kismet {

namespace {

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string scaled(double value, double step, const std::array<const char*, 5>& units) {
  std::size_t unit = 0;
  for (; value >= step && unit + 1 < units.size(); ++unit) value /= step;
  return formatted(unit == 0 || value >= 100 ? "%.0f" : "%.1f", value) + units[unit];
}

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
  }
  return "";
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

std::string coloured(std::string_view text, Colour colour, bool on_terminal) {
  if (!on_terminal || colour == Colour::none) return std::string(text);
  return code_of(colour) + std::string(text) + "\x1b[0m";
}

std::string CtlTable::text(bool on_terminal) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(width_of(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  }
  std::string out;
  const auto add_line = [&](const auto& cell_of, std::size_t count) {
    std::string line;
    for (std::size_t i = 0; i < count; ++i) {
      const Cell cell = cell_of(i);
      const std::string gap(widths[i] - width_of(cell.text), ' ');
      const std::string shown = coloured(cell.text, cell.colour, on_terminal);
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::right ? gap + shown : shown + gap;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add_line([this](std::size_t i) { return Cell(columns_[i].title, Colour::bold); }, columns_.size());
  for (const auto& row : rows_) add_line([&row](std::size_t i) { return row[i]; }, row.size());
  return out;
}

std::string printable(std::string_view text) {
  std::string out = to_valid_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  // The control characters of Latin-1, which some terminals obey.
  for (std::size_t at = 0; (at = out.find('\xC2', at)) != std::string::npos; ++at) {
    if (at + 1 < out.size() && static_cast<unsigned char>(out[at + 1]) < 0xA0) out.replace(at, 2, " ");
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut_to(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t shown = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && shown++ == width) break;
  }
  return std::string(text.substr(0, at));
}

std::string shown_duration(double seconds) {
  if (seconds < 0.01) return formatted("%.2f ms", seconds * 1000);
  if (seconds < 1) return formatted("%.0f ms", seconds * 1000);
  if (seconds < 60) return formatted("%.1f s", seconds);
  const auto minutes = static_cast<long>(seconds / 60);
  if (minutes < 60) return std::to_string(minutes) + " min";
  const long hours = minutes / 60;
  std::array<char, 48> text{};
  if (hours < 48) {
    std::snprintf(text.data(), text.size(), "%ld h %02ld min", hours, minutes % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%ld d %ld h", hours / 24, hours % 24);
  }
  return text.data();
}

std::string shown_count(double count) {
  return scaled(count, 1000, {"", "K", "M", "G", "T"});
}

std::string shown_bytes(double bytes) {
  return scaled(bytes, 1024, {" B", " KiB", " MiB", " GiB", " TiB"});
}

std::string shown_time(double seconds_since_1970) {
  const auto time = static_cast<std::time_t>(std::floor(seconds_since_1970));
  const std::time_t now = std::time(nullptr);
  std::tm then{};
  std::tm today{};
  if (!localtime_r(&time, &then) || !localtime_r(&now, &today)) return "?";
  const bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then)};
}

}  // namespace kismet
