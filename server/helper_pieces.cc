#include "server/helper_pieces.h"

#include "server/config_problem.h"

namespace kismet {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Takes pieces off the front of a line.
class Cutter {
 public:
  explicit Cutter(std::string_view line) : rest_(trim(line)) {}

  bool done() const { return rest_.empty(); }
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The text up to one of `ends`, or a quoted text. False: a quote is never closed, or goes on behind its end.
  bool value(std::string_view ends, std::string& out) {
    skip_blanks();
    if (!rest_.starts_with('"')) {
      const std::string_view found = rest_.substr(0, rest_.find_first_of(ends));
      rest_.remove_prefix(found.size());
      out = trim(found);
      return true;
    }
    rest_.remove_prefix(1);
    out.clear();
    while (!rest_.empty()) {
      const char c = rest_.front();
      const char next = rest_.size() > 1 ? rest_[1] : '\0';
      const bool escape = (c == '\\' && (next == '"' || next == '\\')) || (c == '"' && next == '"');
      rest_.remove_prefix(escape ? 2 : 1);
      if (escape) {
        out += next;
      } else if (c != '"') {
        out += c;
      } else {
        skip_blanks();
        return rest_.empty() || ends.find(rest_.front()) != std::string_view::npos;
      }
    }
    return false;
  }
  std::string_view rest() const { return rest_; }

 private:
  void skip_blanks() {
    while (!rest_.empty() && kBlank.find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

}  // namespace

HelperPieces split_helper_line(std::string_view line) {
  HelperPieces out;
  Cutter cutter(line);
  if (!cutter.value(":", out.program)) {
    out.error = "the quote around the program does not close, or text follows it";
  } else if (out.program.empty()) {
    out.error = "no program before the colon";
  } else if (cutter.take(':')) {
    while (out.error.empty() && !cutter.done()) {
      std::string key, value;
      cutter.value("=,", key);
      if (!cutter.take('=')) {
        out.error = in_quotes(key) + " has no '=' and a value; a value that holds a comma needs quotes";
      } else if (!cutter.value(",", value)) {
        out.error = key + ": the quote does not close, or text follows it";
      } else {
        out.options.emplace_back(std::move(key), std::move(value));
        if (cutter.take(',') && cutter.done()) out.error = "nothing follows the last comma";
      }
    }
  }
  return out;
}

}  // namespace kismet
