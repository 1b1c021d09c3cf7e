#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/open_beneath.h"
#include "base/unique_fd.h"
#include "httpd/content_coding.h"

namespace kismet {

/// A file as a client may want it.
struct StaticWish {
  /// Where to look, in this order: a folder, and a path in it (static_path()).
  std::vector<std::pair<std::string, std::string>> places;
  /// Beside the file lie compressed variants of it, "x.css.br", ".zst" and ".gz": the codings that will do, best first.
  std::vector<ContentCoding> codings;
};

/// What was found.
struct StaticFile {
  enum class Result : std::uint8_t {
    found,
    folder,  // Which has an index: the path needs a '/' at its end.
    none,
    again,    // Only cached: ask again, where it may block.
    trouble,  // Descriptors or memory are used up.
  };
  Result result = Result::none;
  UniqueFd file;
  struct stat about {};
  std::string path;  // Of the file, for its type; without the coding's extension.
  ContentCoding coding = ContentCoding::identity;
};

/// Looks for the file: of a folder its index.html. Compressed variants that are older than the file are passed over.
/// Blocks, unless `lookup` says only_cached.
StaticFile look_up_static(const StaticWish& wish, Lookup lookup);

}  // namespace kismet
