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

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(Labels labels, double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  line(labels, error == std::errc() ? std::string_view(digits, static_cast<std::size_t>(end - digits)) : "NaN");
}

void MetricsText::line(Labels labels, std::string_view value) {
  text_ += name_;
  char before = '{';
  for (const auto& [label, text] : labels) {
    text_ += before;
    text_.append(label).append("=\"");
    append_escaped(text_, text);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace kismet
