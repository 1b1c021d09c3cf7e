#include "server/metrics_text.h"

#include <charconv>
#include <iterator>

#include "base/utf8.h"

namespace kismet {

namespace {

/// A label's value may hold anything: backslash, quote and line end are escaped.
void append_escaped(std::string& to, std::string_view value) {
  for (const char c : to_valid_utf8(value)) {
    if (c == '\n') {
      to += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') to += '\\';
    to += c;
  }
}

std::string digits_of(double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value, std::chars_format::fixed);
  return error == std::errc() ? std::string(digits, end) : "NaN";
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(Labels labels, double value) {
  line(labels, digits_of(value));
}

void MetricsText::distribution(Labels labels, const Latencies& times) {
  constexpr unsigned kFirst = 7;  // 128 us.
  constexpr unsigned kLast = 26;  // 67 s.
  for (unsigned octave = kFirst; octave <= kLast; ++octave) {
    const double seconds = static_cast<double>(std::uint64_t{1} << octave) / 1e6;
    line(labels, std::to_string(times.below(octave)), "_bucket", digits_of(seconds));
  }
  line(labels, std::to_string(times.count), "_bucket", "+Inf");
  line(labels, digits_of(static_cast<double>(times.sum_us) / 1e6), "_sum");
  line(labels, std::to_string(times.count), "_count");
}

void MetricsText::line(Labels labels, std::string_view value, std::string_view suffix, std::string_view le) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [label, text] : labels) {
    text_ += before;
    text_.append(label).append("=\"");
    append_escaped(text_, text);
    text_ += '"';
    before = ',';
  }
  if (!le.empty()) {
    text_ += before;
    text_.append("le=\"").append(le).append("\"");
  }
  if (labels.size() > 0 || !le.empty()) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace kismet
