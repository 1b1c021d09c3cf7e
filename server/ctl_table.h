#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kismet {

/// Colours of a terminal; on anything else there are none.
enum class Colour : std::uint8_t { none, bold, dim, red, green, yellow };

/// What `text` looks like in `colour`.
std::string coloured(std::string_view text, Colour colour, bool on_terminal);

/// A table of texts, its columns as wide as their widest cell, numbers to the right.
/// Thread rule: one thread at a time.
class CtlTable {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  struct Cell {
    Cell(std::string_view its_text, Colour its_colour = Colour::none) : text(its_text), colour(its_colour) {}
    Cell(const char* its_text) : text(its_text) {}
    Cell(std::string its_text) : text(std::move(its_text)) {}
    std::string text;
    Colour colour = Colour::none;
  };

  explicit CtlTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  /// All of it, with a line of titles.
  std::string text(bool on_terminal) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// `text` as a terminal may show it: control characters, and what is no UTF-8, are replaced.
std::string printable(std::string_view text);
/// Columns that `text` takes, each character taken for one.
std::size_t width_of(std::string_view text);
/// At most `width` characters of it.
std::string cut_to(std::string_view text, std::size_t width);

/// "3.2 s", "4 min", "2 h 05 min", "3 d 4 h".
std::string shown_duration(double seconds);
/// "812", "3.4K", "1.2M".
std::string shown_count(double count);
/// "812 B", "3.4 KiB".
std::string shown_bytes(double bytes);
/// "14:03:12" of today's time here; with the date where it is another day.
std::string shown_time(double seconds_since_1970);

}  // namespace kismet
