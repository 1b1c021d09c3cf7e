#include "httpd/mime_types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kismet {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 36> kBuiltIn{{
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"prettyjson", "application/json"},
    {"ekjson", "application/json"},
    {"itjson", "application/json"},
    {"cmd", "text/plain; charset=utf-8"},
    {"jcmd", "text/plain; charset=utf-8"},
    {"map", "application/json"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"ico", "image/x-icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"wasm", "application/wasm"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"pcap", "application/vnd.tcpdump.pcap"},
    {"pcapng", "application/x-pcapng"},
}};

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return made;
}

}  // namespace

MimeTypes::MimeTypes() {
  for (const auto& [extension, type] : kBuiltIn) types_.emplace(extension, type);
}

void MimeTypes::set(std::string_view extension, std::string_view type) {
  types_[lower(extension)] = type;
}

std::string_view MimeTypes::for_path(std::string_view path) const {
  return for_path(path, "application/octet-stream");
}

std::string_view MimeTypes::for_path(std::string_view path, std::string_view fallback) const {
  const std::string_view file = path.substr(path.rfind('/') + 1);  // npos + 1 is 0: all of it.
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos) return fallback;
  const auto place = types_.find(lower(file.substr(dot + 1)));
  return place == types_.end() ? fallback : std::string_view(place->second);
}

}  // namespace kismet
