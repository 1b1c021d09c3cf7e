#include "server/config_problem.h"

#include "base/utf8.h"

namespace kismet {
namespace {

constexpr std::size_t kShownBytes = 80;

}  // namespace

std::string_view to_string(ConfigProblem::Level level) {
  switch (level) {
    case ConfigProblem::Level::note:
      return "note";
    case ConfigProblem::Level::warning:
      return "warning";
    case ConfigProblem::Level::error:
      break;
  }
  return "error";
}

std::string to_string(const ConfigPlace& place) {
  return place.line == 0 ? place.file : place.file + ':' + std::to_string(place.line);
}

std::string to_string(const ConfigProblem& problem) {
  std::string out = to_string(problem.place);
  if (!out.empty()) out += ": ";
  out += to_string(problem.level);
  out += ": ";
  out += problem.text;
  return out;
}

std::string in_quotes(std::string_view text) {
  const std::string valid = to_valid_utf8(text.substr(0, 4 * kShownBytes));
  const std::string_view shown = utf8_prefix(valid, kShownBytes);
  std::string out = "\"";
  for (const char c : shown) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (shown.size() < valid.size()) out += "...";
  out += '"';
  return out;
}

}  // namespace kismet
