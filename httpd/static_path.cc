#include "httpd/static_path.h"

#include <algorithm>

#include "httpd/percent.h"

namespace kismet {

namespace {

bool may_be_seen(std::string_view segment) {
  if (segment.starts_with('.') && segment != ".well-known") return false;
  const auto odd = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/'; };
  return std::none_of(segment.begin(), segment.end(), odd);
}

}  // namespace

std::optional<std::string> static_path(std::string_view path) {
  std::string file;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string segment = percent_decode(path.substr(0, slash), Plus::itself);
    const bool is_last = slash == path.size();
    path.remove_prefix(is_last ? slash : slash + 1);
    if (segment.empty()) continue;
    if (!may_be_seen(segment)) return std::nullopt;
    file += segment;
    if (!is_last) file += '/';
  }
  return file;
}

}  // namespace kismet
