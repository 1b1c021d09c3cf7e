#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "httpd/headers.h"

namespace kismet {

/// What tells one version of a file from another.
struct Validators {
  std::string etag;  // With its quotes; strong.
  WallTime modified;
};

/// Whether the client has this version already (If-None-Match, else If-Modified-Since): answer 304.
bool is_not_modified(const Headers& headers, const Validators& file);

/// Part of a file: bytes first to last, both included.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeWish : std::uint8_t { whole, part, unsatisfiable };

/// What a client wants of a file of `size` bytes (Range, If-Range). More than one range is answered with the whole
/// file, which HTTP allows.
RangeWish wished_range(const Headers& headers, std::uint64_t size, const Validators& file, ByteRange& range);

/// "Sun, 06 Nov 1994 08:49:37 GMT" and HTTP's two older forms.
std::optional<WallTime> parse_http_date(std::string_view text);

/// Whether a list of a header's ("no-cache, No-Store") has that word; parameters behind ';' or '=' do not count.
bool lists_word(std::string_view list, std::string_view word);

/// Whether Accept-Encoding has that very name.
bool lists_coding(std::string_view accept_encoding, std::string_view coding);

/// How willing a client is to take a content coding (Accept-Encoding): 0 (not at all) to 1000.
int coding_weight(std::string_view accept_encoding, std::string_view coding);

}  // namespace kismet
