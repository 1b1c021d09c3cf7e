#include "server/log_files.h"

#include <glob.h>

#include <memory>

namespace kismet {

namespace {

constexpr std::size_t kMostLogs = 10'000;
constexpr std::string_view kOpenPairs = "dDtTiI";  // What differs between two starts.

void append_literal(std::string& pattern, std::string_view text) {
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
    if (c != '/' || !pattern.ends_with('/')) pattern += c;
  }
}

std::string glob_pattern(std::string_view log_template, const ExpandValues& values) {
  std::string pattern;
  for (std::size_t i = 0; i < log_template.size(); ++i) {
    if (log_template[i] != '%' || i + 1 == log_template.size()) {
      append_literal(pattern, log_template.substr(i, 1));
    } else if (kOpenPairs.find(log_template[++i]) != std::string_view::npos) {
      if (!pattern.ends_with('*')) pattern += '*';
    } else {
      append_literal(pattern, expand(log_template.substr(i - 1, 2), values));
    }
  }
  return pattern;
}

}  // namespace

std::vector<std::string> find_logs(std::string_view log_template, const ExpandValues& values) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> free_found(&found, globfree);
  std::vector<std::string> paths;
  if (glob(glob_pattern(log_template, values).c_str(), 0, nullptr, &found) != 0) return paths;
  for (std::size_t i = 0; i < found.gl_pathc && i < kMostLogs; ++i) paths.emplace_back(found.gl_pathv[i]);
  return paths;
}

}  // namespace kismet
