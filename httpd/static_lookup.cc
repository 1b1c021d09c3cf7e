#include "httpd/static_lookup.h"

namespace kismet {

namespace {

using Result = StaticFile::Result;

constexpr std::string_view kIndex = "index.html";

Result result_of(const boost::system::error_code& ec) {
  namespace errc = boost::system::errc;
  if (ec == errc::resource_unavailable_try_again) return Result::again;
  if (ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system || ec == errc::not_enough_memory) {
    return Result::trouble;
  }
  return Result::none;
}

StaticFile open_static(const std::string& folder, const std::string& path, Lookup lookup) {
  StaticFile found;
  auto file = open_beneath(folder, path, lookup);
  if (!file) {
    found.result = result_of(file.error());
    return found;
  }
  if (::fstat(file->get(), &found.about) != 0) return found;
  if (S_ISDIR(found.about.st_mode)) found.result = Result::folder;
  if (S_ISREG(found.about.st_mode)) found.result = Result::found;
  found.file = std::move(*file);
  found.path = path;
  return found;
}

bool is_older(const struct stat& a, const struct stat& b) {
  if (a.st_mtim.tv_sec != b.st_mtim.tv_sec) return a.st_mtim.tv_sec < b.st_mtim.tv_sec;
  return a.st_mtim.tv_nsec < b.st_mtim.tv_nsec;
}

std::string_view extension_of(ContentCoding coding) {
  if (coding == ContentCoding::zstd) return ".zst";
  return coding == ContentCoding::brotli ? ".br" : ".gz";
}

/// Replaces `found` by the first variant that there is. False: ask again, where it may block.
bool choose_variant(const std::string& folder, const StaticWish& wish, Lookup lookup, StaticFile& found) {
  for (const ContentCoding coding : wish.codings) {
    StaticFile variant = open_static(folder, found.path + std::string(extension_of(coding)), lookup);
    if (variant.result == Result::again) return false;
    if (variant.result != Result::found || is_older(variant.about, found.about)) continue;
    variant.path = found.path;
    variant.coding = coding;
    found = std::move(variant);
    break;
  }
  return true;
}

StaticFile look_in(const std::string& folder, std::string path, const StaticWish& wish, Lookup lookup) {
  if (path.empty() || path.ends_with('/')) path += kIndex;
  StaticFile found = open_static(folder, path, lookup);
  if (found.result == Result::folder) {
    StaticFile index = open_static(folder, path + "/" + std::string(kIndex), lookup);
    if (index.result != Result::found) found.result = index.result;
  } else if (found.result == Result::found && !choose_variant(folder, wish, lookup, found)) {
    found.result = Result::again;
  }
  return found;
}

}  // namespace

StaticFile look_up_static(const StaticWish& wish, Lookup lookup) {
  StaticFile found;
  for (const auto& [folder, path] : wish.places) {
    if (folder.empty()) continue;
    found = look_in(folder, path, wish, lookup);
    if (found.result != Result::none) break;
  }
  return found;
}

}  // namespace kismet
